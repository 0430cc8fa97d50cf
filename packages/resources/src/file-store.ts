import type { Dirent } from "node:fs";
import {
  constants,
  copyFile,
  link,
  mkdir,
  open,
  opendir,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { AlmagestError } from "@almagest/base";
import { copyUnsynced, type DurableFile, syncDirectory, writeDurably } from "./durable-file.ts";
import type { LocalFile, ResourceInfo, ResourceStore, UploadOptions } from "./resource-store.ts";
import { copySmallUnsynced } from "./small-file.ts";
import { toFileUri, toLocalPath } from "./uri.ts";

function missing(uri: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code !== "ENOENT") return cause;
  return new AlmagestError("RESOURCES.MISSING", `There is no file ${uri}.`, { cause, fields: { uri } });
}

async function info(uri: string): Promise<ResourceInfo | undefined> {
  try {
    const found = await stat(toLocalPath(uri));
    return found.isFile() ? { uri, sizeBytes: found.size, modifiedMs: found.mtimeMs } : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

async function read(uri: string, range?: { start: number; end: number }): Promise<Uint8Array> {
  try {
    await using file = await open(toLocalPath(uri), "r");
    if (range === undefined) return new Uint8Array(await file.readFile());
    const bytes = new Uint8Array(range.end - range.start);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, range.start);
    return bytes.subarray(0, bytesRead);
  } catch (error) {
    throw missing(uri, error);
  }
}

async function upload(
  localPath: string,
  uri: string,
  options: UploadOptions = {},
): Promise<DurableFile | undefined> {
  const target = toLocalPath(uri);
  const source = resolve(localPath);
  const {
    mode = "copy",
    overwrite = false,
    checksum = false,
    syncLater = false,
    localDisk = false,
  } = options;
  try {
    switch (mode) {
      case "copy":
        if (syncLater) {
          const small = localDisk ? copySmallUnsynced(source, target, { checksum }) : undefined;
          return small ?? (await copyUnsynced(source, target, { checksum }));
        }
        return await writeDurably(target, (path) => copyFile(source, path, constants.COPYFILE_FICLONE), {
          overwrite,
          checksum,
        });
      case "move":
        await move(source, target, overwrite);
        return undefined;
      default:
        await mkdir(dirname(target), { recursive: true });
        if (overwrite) await rm(target, { force: true });
        if (mode === "hardlink") await link(source, target);
        else await symlink(mode === "symlink" ? source : relative(dirname(target), source), target);
        await syncDirectory(dirname(target));
        return undefined;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw new AlmagestError("RESOURCES.EXISTS", `The file ${target} exists already.`, {
        cause: error,
        fields: { path: target },
      });
    }
    throw missing(source, error);
  }
}

async function move(source: string, target: string, overwrite: boolean): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  try {
    if (overwrite) {
      await rename(source, target);
    } else {
      await link(source, target);
      await rm(source);
    }
    await syncDirectory(dirname(target));
  } catch (error) {
    // Another file system: copy whole, then delete.
    if (!["EXDEV", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await writeDurably(target, (path) => copyFile(source, path), { overwrite });
    await rm(source);
  }
}

async function remove(uri: string): Promise<boolean> {
  try {
    await rm(toLocalPath(uri));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function* list(prefix: string): AsyncGenerator<ResourceInfo> {
  const root = toLocalPath(prefix);
  let entries: AsyncIterable<Dirent>;
  try {
    entries = await opendir(root, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  for await (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await info(path);
    if (found !== undefined) yield { ...found, uri: toFileUri(path) };
  }
}

/** The store of plain files: paths and `file:` URIs. Writes are durable and whole. */
export function createFileStore(): ResourceStore {
  return {
    schemes: ["file"],
    info,
    read,
    write: async (uri, bytes, options = {}) => {
      await writeDurably(toLocalPath(uri), (path) => writeFile(path, bytes), options);
    },
    upload,
    download: async (uri, localPath) => {
      try {
        await copyFile(toLocalPath(uri), localPath, constants.COPYFILE_FICLONE);
      } catch (error) {
        throw missing(uri, error);
      }
    },
    toLocal: async (uri): Promise<LocalFile> => {
      const path = toLocalPath(uri);
      if ((await info(path)) === undefined) throw missing(uri, { code: "ENOENT" });
      return { path, [Symbol.asyncDispose]: async () => {} };
    },
    remove,
    list,
  };
}
