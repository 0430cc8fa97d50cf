import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, openButler } from "../../packages/butler/src/index.ts";
import type { PythonButler } from "./python-butler.ts";

/** The reference's golden repository; absent on most machines. */
export const GOLDEN = join(import.meta.dirname, "../../../shared/reference/butler/golden");

/** A writeable copy of the repository that the original made. */
export async function copyTheirs(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "almagest-theirs-"));
  await cp(join(GOLDEN, "repo"), root, { recursive: true, mode: 0 });
  return root;
}

/** A repository of the same content that the original makes on a PostgreSQL server. */
export async function makeTheirs(python: PythonButler, database: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "almagest-theirs-"));
  await python.call("create", { root, db: database });
  await python.call("copy_records", { source: join(GOLDEN, "repo"), root });
  await python.call("open", { root });
  const directory = join(GOLDEN, "export");
  await python.call("import_file", { path: join(directory, "export.yaml"), directory, transfer: "copy" });
  return root;
}

/** A repository of ours with the same content, on a server or SQLite: the golden export imported. */
export async function makeOurs(database?: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "almagest-ours-"));
  await createRepository(root, database === undefined ? {} : { database });
  await using theirs = await openButler(join(GOLDEN, "repo"), { readOnly: true });
  await using ours = await openButler(root);
  await ours.transaction(async () => {
    for (const element of theirs.universe.elements.values()) {
      if (element.hasTable && element.columns.length > 0) {
        await ours.insertRecords(element.name, await theirs.queryRecords(element.name));
      }
    }
  });
  await ours.importFrom(join(GOLDEN, "export/export.yaml"), { mode: "copy" });
  return root;
}
