import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { link, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { LocalFile } from "@almagest/resources";
import type { DatasetType } from "../types.ts";
import { type CacheConfig, readCacheConfig } from "./cache-config.ts";
import { downloadStored } from "./stored-file.ts";

/** What names a file in the cache, as the original names it. */
export interface CachedFile {
  readonly id: string;
  readonly component?: string;
  readonly datasetType: DatasetType;
  /** URI it is fetched from. */
  readonly location: string;
}

/** Files of remote datasets, kept on this machine for a while. */
export interface FileCache {
  /** The file of a dataset: from the cache, or fetched and kept. It stays as long as it is not disposed of. */
  open(file: CachedFile): Promise<LocalFile>;
}

/** Files being read or fetched; expiry passes over them. */
const EXEMPT = "exempt";

function nameOf({ id, component, location }: CachedFile): string {
  const name = basename(location.replace(/[?#].*$/, ""));
  const dot = name.indexOf(".", 1);
  const extension = /(\.[A-Za-z0-9]{1,8}){1,2}$/.exec(name)?.[0] ?? (dot < 0 ? "" : name.slice(dot));
  return `${id}${component === undefined ? "" : `_${component}`}${extension}`;
}

interface Entry {
  readonly name: string;
  readonly sizeBytes: number;
  readonly keptMs: number;
}

async function entriesOf(folder: string): Promise<Entry[]> {
  const names = await readdir(folder, { withFileTypes: true });
  const entries = await Promise.all(
    names
      .filter((entry) => entry.isFile())
      .map(async ({ name }) => {
        const found = await stat(join(folder, name)).catch(() => undefined);
        return found === undefined ? [] : [{ name, sizeBytes: found.size, keptMs: found.mtimeMs }];
      }),
  );
  return entries.flat().sort((a, b) => a.keptMs - b.keptMs);
}

/** The entries, oldest first, that must go. */
export function expiredEntries(entries: readonly Entry[], config: CacheConfig, nowMs: number): string[] {
  const { mode, threshold } = config;
  const names = entries.map(({ name }) => name);
  switch (mode) {
    case "files":
      return names.slice(0, Math.max(0, names.length - threshold));
    case "datasets": {
      const ids = [...new Set(names.map((name) => name.slice(0, 36)))];
      const gone = new Set(ids.slice(0, Math.max(0, ids.length - threshold)));
      return names.filter((name) => gone.has(name.slice(0, 36)));
    }
    case "size": {
      let excess = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0) - threshold;
      return entries.flatMap(({ name, sizeBytes }) => {
        if (excess <= 0) return [];
        excess -= sizeBytes;
        return [name];
      });
    }
    case "age":
      return entries.filter(({ keptMs }) => nowMs - keptMs > threshold * 1000).map(({ name }) => name);
    default:
      return [];
  }
}

/**
 * A cache by a configuration. Its folder may be shared by processes, the original's among them: a file comes in by one
 * rename, is read through a link of its own, and may be deleted by anybody at any time.
 */
export function createFileCache(config: CacheConfig): FileCache {
  let folder: Promise<string> | undefined;
  const open = async (): Promise<string> => {
    let path = config.root;
    if (path === undefined) {
      const own = await mkdtemp(join(tmpdir(), "almagest-cache-"));
      process.once("exit", () => rmSync(own, { recursive: true, force: true }));
      path = own;
    }
    await mkdir(join(path, EXEMPT), { recursive: true });
    return path;
  };
  const isKept = ({ name, storageClass }: DatasetType): boolean =>
    config.mode !== "disabled" &&
    (config.cacheable.get(name) ?? config.cacheable.get(storageClass) ?? config.byDefault);
  return {
    open: async (file) => {
      const root = await (folder ??= open());
      const name = nameOf(file);
      const own = join(root, EXEMPT, `${randomUUID()}-${name}`);
      const local: LocalFile = { path: own, [Symbol.asyncDispose]: () => rm(own, { force: true }) };
      const kept = join(root, name);
      const isHere = await link(kept, own).then(
        () => true,
        () => false,
      );
      if (isHere) return local;
      try {
        await downloadStored(file.location, own);
        if (!isKept(file.datasetType)) return local;
        const staged = `${own}.new`;
        await link(own, staged);
        await rename(staged, kept);
        for (const old of expiredEntries(await entriesOf(root), config, Date.now())) {
          await rm(join(root, old), { force: true });
        }
        return local;
      } catch (error) {
        await rm(own, { force: true });
        throw error;
      }
    },
  };
}

let usual: FileCache | undefined;

/** The cache of those that know no repository's configuration, such as workers. */
export function defaultFileCache(): FileCache {
  usual ??= createFileCache(readCacheConfig());
  return usual;
}
