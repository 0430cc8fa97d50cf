import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AlmagestError } from "@almagest/base";

/** Files that callers have sent and not yet made datasets of. */
export interface Uploads {
  /** Takes a body in. What was sent under the same id before is replaced. Throws `BUTLER.REQUEST_TOO_LARGE`. */
  receive(subject: string, id: string, extension: string, body: ReadableStream | null): Promise<void>;
  /** Where a caller's upload is. No caller can name another's. */
  pathOf(subject: string, id: string, extension: string): string;
  discard(path: string): Promise<void>;
}

/** Throws `BUTLER.REQUEST_INVALID` for what is no file name extension such as `.fits.fz`, or none. */
export function checkExtension(extension: string): string {
  if (/^(\.[A-Za-z0-9_]{1,12}){0,3}$/.test(extension)) return extension;
  throw new AlmagestError("BUTLER.REQUEST_INVALID", `'${extension.slice(0, 80)}' is no file name extension.`);
}

/** Uploads in a folder, each caller's in one of its own. */
export function createUploads(folder: string, maxBytes: number): Uploads {
  const pathOf = (subject: string, id: string, extension: string): string =>
    join(
      folder,
      createHash("sha256").update(subject).digest("hex").slice(0, 32),
      `${id}${checkExtension(extension)}`,
    );
  return {
    pathOf,
    receive: async (subject, id, extension, body) => {
      const path = pathOf(subject, id, extension);
      await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
      let received = 0;
      const limit = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          received += chunk.length;
          if (received <= maxBytes) done(null, chunk);
          else {
            done(
              new AlmagestError("BUTLER.REQUEST_TOO_LARGE", `An upload may have ${maxBytes} bytes.`, {
                fields: { maxBytes },
              }),
            );
          }
        },
      });
      try {
        const source = body === null ? Readable.from([]) : Readable.fromWeb(body as never);
        await pipeline(source, limit, createWriteStream(path, { mode: 0o600 }));
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    discard: (path) => rm(path, { force: true }),
  };
}
