import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";

/** Largest file taken; panda-client's own limit for sandboxes. */
const MAX_BYTES = 768 * 1024 * 1024;

const invalid = (why: string): AlmagestError =>
  new AlmagestError("WORKLOAD.REQUEST_INVALID", `The file cannot be taken: ${why}.`);

/** Sandboxes that clients upload and jobs download: files in one folder, by plain names that are never reused. */
export class CacheFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  #path(name: string): string | undefined {
    return /^[A-Za-z0-9][\w.+-]{0,250}$/.test(name) ? join(this.#folder, name) : undefined;
  }

  /** Takes the `file` of a multipart form; gives its name. The same name again must hold the same bytes. Throws
   * `WORKLOAD.REQUEST_INVALID`. */
  async take(request: IncomingMessage): Promise<string> {
    if (Number(request.headers["content-length"] ?? 0) > MAX_BYTES) throw invalid("it is too large");
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BYTES) throw invalid("it is too large");
      chunks.push(chunk);
    }
    const headers = { "content-type": request.headers["content-type"] ?? "" };
    const form = await new Response(new Blob(chunks as Uint8Array<ArrayBuffer>[]), { headers })
      .formData()
      .catch(() => {
        throw invalid("its form is damaged");
      });
    const file = form.get("file");
    if (!(file instanceof File)) throw invalid("the form has no file");
    const name = file.name.split("/").at(-1)!;
    const path = this.#path(name);
    if (path === undefined) throw invalid(`its name ${name.slice(0, 100)} is not plain`);
    await this.#write(path, Buffer.from(await file.arrayBuffer()));
    return name;
  }

  async #write(path: string, bytes: Buffer): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const known = await stat(path).catch(() => undefined);
    if (known !== undefined) {
      // A job may be reading it: what is there stays.
      if (known.size === bytes.length) return;
      throw invalid("there is another one of this name");
    }
    const temporary = `${path}.${process.pid}.part`;
    const handle = await open(temporary, "w", 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path).catch(async (error: unknown) => {
      await rm(temporary, { force: true });
      throw error;
    });
  }

  /** A file with this size and checksum at its end (gzip's own CRC), which need not be sent again. */
  async find(sizeBytes: number, checksum: number): Promise<string | undefined> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      const path = this.#path(name);
      if (path === undefined || (await stat(path)).size !== sizeBytes || sizeBytes < 8) continue;
      const handle = await open(path, "r");
      try {
        const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, sizeBytes - 8);
        if (buffer.readUInt32LE(0) === checksum) return name;
      } finally {
        await handle.close();
      }
    }
    return undefined;
  }

  /** Sends a file; gives false where there is none. */
  async send(name: string, response: ServerResponse): Promise<boolean> {
    const path = this.#path(name);
    const known = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (path === undefined || known?.isFile() !== true) return false;
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": known.size });
    await new Promise<void>((resolve) => {
      const stream = createReadStream(path);
      // Whoever stops listening in the middle closes the response; so does a disk that fails.
      stream.once("error", () => response.destroy()).pipe(response);
      response.once("close", () => {
        stream.destroy();
        resolve();
      });
    });
    return true;
  }
}
