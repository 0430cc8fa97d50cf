import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import { createFileStore } from "./file-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import { encodePath } from "./remote-uri.ts";
import { testStore } from "./testing/store-suite.ts";

const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

testStore(
  "files",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "almagest-files-"));
    folders.push(folder);
    return { store: createFileStore(), root: `${pathToFileURL(folder)}/` };
  },
  (path) => pathToFileURL(`/${path}`).pathname.slice(1),
);

testStore("memory", async () => ({ store: createMemoryStore(), root: "mem://test/" }), encodePath);
