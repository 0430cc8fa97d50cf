import { createHash } from "node:crypto";
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { FormatterRegistry, LocatedDataset } from "@almagest/butler";
import { checksumFile, resolveWithin, temporaryName } from "@almagest/resources";
import { isEncodingFormatter } from "../formatters/encoding-formatter.ts";

/** Size and checksum of a file just written. */
export interface WrittenFile {
  readonly sizeBytes: number;
  readonly checksum?: string;
}

const madeFolders = new Set<string>();

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
  const formatter = formatters.byName.get(located.formatter);
  if (!formatter) {
    throw new AlmagestError("BUTLER.FORMATTER_MISSING", `No formatter is known for '${located.formatter}'.`, {
      fields: { formatter: located.formatter, datasetType: located.ref.datasetType.name },
    });
  }
  const path = resolveWithin(root, located.path);
  const folder = dirname(path);
  if (!madeFolders.has(folder)) {
    mkdirSync(folder, { recursive: true });
    madeFolders.add(folder);
  }
  const temporary = temporaryName(path);
  try {
    let file: WrittenFile;
    if (isEncodingFormatter(formatter)) {
      // Small documents: calls that wait are several times faster here than asynchronous ones.
      const bytes = Buffer.from(formatter.encode(value), "utf8");
      writeFileSync(temporary, bytes);
      file = { sizeBytes: bytes.length };
      if (checksum) file = { ...file, checksum: createHash("blake2b512").update(bytes).digest("hex") };
    } else {
      await formatter.write(value, temporary);
      file = checksum ? await checksumFile(temporary) : { sizeBytes: statSync(temporary).size };
    }
    renameSync(temporary, path);
    return file;
  } catch (error) {
    madeFolders.delete(folder);
    rmSync(temporary, { force: true });
    throw error;
  }
}
