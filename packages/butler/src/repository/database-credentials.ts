import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { parseYaml } from "../formatters/yaml-formatter.ts";
import { globToRegExp } from "./name-pattern.ts";

/** Who to be to a database server. */
export interface Credentials {
  readonly user?: string;
  readonly password: string;
}

interface Entry {
  readonly url: URL;
  /** The pattern of the host, which a URL would spell in lower case or refuse. */
  readonly host: string;
  readonly user: string | undefined;
  readonly password: string;
}

function invalid(source: string, problem: string, cause?: unknown): AlmagestError {
  return new AlmagestError("BUTLER.CREDENTIALS_INVALID", `${source}: ${problem}.`, {
    ...(cause === undefined ? {} : { cause }),
    fields: { source },
  });
}

function parseEntry(source: string, given: unknown): Entry {
  const { url: text, username, password } = (given ?? {}) as Record<string, unknown>;
  const parts = /^([a-z]+):\/\/(?:([^@/]*)@)?([^:/]*)(?::(\d+))?(?:\/(.*))?$/.exec(String(text));
  if (parts === null || password === undefined)
    throw invalid(source, "every entry needs a url such as postgresql://host:5432/database and a password");
  const [, scheme, user, host, port, database] = parts;
  const url = new URL(`${scheme}://x`);
  if (user !== undefined) url.username = user;
  if (port !== undefined) url.port = port;
  url.pathname = database ?? "";
  return {
    url,
    host: host!,
    user: username === undefined || username === null ? undefined : String(username),
    password: String(password),
  };
}

async function readEntries(environment: NodeJS.ProcessEnv): Promise<readonly unknown[]> {
  const json = environment.LSST_DB_AUTH_CREDENTIALS;
  const path = environment.LSST_DB_AUTH ?? join(homedir(), ".lsst/db-auth.yaml");
  const source = json ? "LSST_DB_AUTH_CREDENTIALS" : path;
  let parsed: unknown;
  if (json) {
    try {
      parsed = JSON.parse(json);
    } catch (cause) {
      // The text is a secret, so the parser's message, which quotes it, is not repeated.
      throw invalid(source, `is no JSON (${(cause as Error).name})`);
    }
  } else {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return [];
    if ((found.mode & 0o077) !== 0) {
      const mode = (found.mode & 0o777).toString(8);
      throw invalid(source, `others may read the passwords in it (mode ${mode}); run chmod 600 on it`);
    }
    try {
      parsed = parseYaml(await readFile(path, "utf8"));
    } catch (cause) {
      throw invalid(source, "is no YAML", cause);
    }
  }
  if (!Array.isArray(parsed)) throw invalid(source, "is no list of entries with url, username, password");
  return parsed.map((entry) => parseEntry(source, entry));
}

/**
 * Credentials for a database URL from where the original looks: `LSST_DB_AUTH_CREDENTIALS` (JSON), the file `LSST_DB_AUTH`,
 * `~/.lsst/db-auth.yaml`. The first entry that matches counts: its scheme; host and database by glob; user and port where
 * it names them. Undefined where none does. Throws `BUTLER.CREDENTIALS_INVALID`.
 */
export async function findCredentials(
  database: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Credentials | undefined> {
  const wanted = new URL(database);
  const name = decodeURIComponent(wanted.pathname.slice(1));
  if (wanted.hostname === "" || name === "") return undefined;
  const user = decodeURIComponent(wanted.username);
  for (const entry of (await readEntries(environment)) as readonly Entry[]) {
    const { url } = entry;
    const namePattern = decodeURIComponent(url.pathname.replace(/^\//, ""));
    if (url.protocol !== wanted.protocol) continue;
    if (namePattern !== "" && !globToRegExp(namePattern).test(name)) continue;
    if (url.username !== "" && decodeURIComponent(url.username) !== user) continue;
    if (!globToRegExp(entry.host).test(wanted.hostname)) continue;
    if (url.port !== "" && url.port !== wanted.port) continue;
    const as = user === "" ? entry.user : user;
    return { ...(as === undefined ? {} : { user: as }), password: entry.password };
  }
  return undefined;
}
