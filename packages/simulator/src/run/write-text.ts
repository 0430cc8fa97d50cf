import { rename, writeFile } from "node:fs/promises";

/** Writes a text file that appears whole or not at all. */
export async function writeTextAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}
