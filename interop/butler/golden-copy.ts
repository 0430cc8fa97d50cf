import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRepository, openButler } from "../../packages/butler/src/index.ts";

/** The reference's golden repository; absent on most machines. */
export const GOLDEN = join(import.meta.dirname, "../../../shared/reference/butler/golden");

/** A writeable copy of the repository that the original made. */
export async function copyTheirs(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "almagest-theirs-"));
  await cp(join(GOLDEN, "repo"), root, { recursive: true, mode: 0 });
  return root;
}

/** A repository of ours with the same content: the golden export imported. */
export async function makeOurs(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "almagest-ours-"));
  await createRepository(root);
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
