import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeDurably } from "../durable-file.ts";

/** Remembers the session of an upload between processes: whoever uploads the same bytes to the same name continues it. */
export interface UploadSession {
  /** URL of a session that an earlier process began. */
  find(): Promise<string | undefined>;
  /** Only its owner may read it: who has the URL can write the object. */
  keep(url: string): Promise<void>;
  forget(): Promise<void>;
}

/** The session for an object and its bytes, in a file of the user's cache folder. */
export function openUploadSession(
  endpoint: string,
  object: string,
  md5: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): UploadSession {
  const cache = env.XDG_CACHE_HOME || join(env.HOME ?? homedir(), ".cache");
  const folder = join(cache, "almagest", "uploads");
  const name = createHash("sha256").update(`${endpoint}\n${object}\n${md5}`).digest("hex");
  const path = join(folder, name);
  return {
    find: () =>
      readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      }),
    keep: async (url) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeDurably(path, (temporary) => writeFile(temporary, url, { mode: 0o600 }), {
        overwrite: true,
      });
    },
    forget: () => rm(path, { force: true }),
  };
}
