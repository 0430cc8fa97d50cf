import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cp, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { invariant } from "@almagest/base";
import { type Formatter, type FormatterRegistry, formatterOf, type LocatedDataset } from "@almagest/butler";
import { checksumFile, checksumOf, resolveWithin, startChecksum } from "@almagest/resources";
import { isEncodingFormatter } from "../formatters/encoding-formatter.ts";
import { FileValue } from "./file-value.ts";
import { nextMark } from "./process-mark.ts";

/** Size and checksum of a file just written. */
export interface WrittenFile {
  readonly sizeBytes: number;
  readonly checksum?: string;
}

const madeFolders = new Set<string>();

/** Writes by a formatter, and takes the checksum on the way where the formatter shows its bytes. */
async function writeFile(
  formatter: Formatter,
  value: unknown,
  path: string,
  checksum: boolean,
): Promise<WrittenFile> {
  if (!checksum || formatter.writeSeen === undefined) {
    await formatter.write(value, path);
    return checksum ? checksumFile(path) : { sizeBytes: statSync(path).size };
  }
  const sum = startChecksum();
  await formatter.writeSeen(value, path, sum.add);
  const { sizeBytes } = sum;
  invariant(statSync(path).size === sizeBytes, `the file has the ${sizeBytes} bytes that were summed`);
  return { sizeBytes, checksum: sum.finish() };
}

/**
 * Writes one output of a quantum under its planned path, whole or not at all. The bytes are not yet forced to disk: the
 * driver does that for many files together before it registers them, so that no worker waits for a disk.
 * Throws `BUTLER.FORMATTER_MISSING`, and what the formatter throws.
 */
export async function writeOutput(
  root: string,
  formatters: FormatterRegistry,
  located: LocatedDataset,
  value: unknown,
  checksum: boolean,
): Promise<WrittenFile> {
  const formatter = formatterOf(formatters, located);
  const path = resolveWithin(root, located.path);
  const folder = dirname(path);
  if (!madeFolders.has(folder)) {
    mkdirSync(folder, { recursive: true });
    madeFolders.add(folder);
  }
  const temporary = join(folder, `.${basename(path).slice(0, 180)}.${nextMark()}.part`);
  try {
    let file: WrittenFile;
    if (value instanceof FileValue) {
      await cp(value.path, temporary);
      await rm(value.path);
      await rmdir(dirname(value.path)).catch((error: NodeJS.ErrnoException) => {
        // Other outputs wait there still: the last of them takes the folder with it.
        if (error.code !== "ENOTEMPTY") throw error;
      });
      file = checksum ? await checksumFile(temporary) : { sizeBytes: statSync(temporary).size };
    } else if (isEncodingFormatter(formatter)) {
      // Small documents: calls that wait are several times faster here than asynchronous ones.
      const bytes = Buffer.from(formatter.encode(value), "utf8");
      writeFileSync(temporary, bytes);
      file = { sizeBytes: bytes.length };
      if (checksum) file = { ...file, checksum: checksumOf(bytes) };
    } else {
      file = await writeFile(formatter, value, temporary, checksum);
    }
    renameSync(temporary, path);
    return file;
  } catch (error) {
    madeFolders.delete(folder);
    rmSync(temporary, { force: true });
    throw error;
  }
}
