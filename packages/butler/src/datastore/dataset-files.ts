import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { AlmagestError, isAlmagestError } from "@almagest/base";
import {
  checksumFile,
  isAbsoluteUri,
  isRemoteUri,
  type LocalFile,
  SMALL_FILE_BYTES,
  type StoredObject,
  storeFor,
  toFileUri,
  writeDurably,
  writeSmallDurably,
} from "@almagest/resources";
import type { LocatedDataset } from "../api/dataset-api.ts";
import type { ExpandedDataId } from "../dimensions/universe.ts";
import { chooseFormatter, type FormatterRegistry, formatterOf } from "../formatter-registry.ts";
import type { DatasetRef, DatasetType, Formatter, ReadOptions } from "../types.ts";
import { defaultFileCache, type FileCache } from "./file-cache.ts";
import { instrumentOf, lookupEntry } from "./lookup.ts";
import { formatPath, parsePathTemplate } from "./path-template.ts";
import { locationOf } from "./stored-file.ts";
import { archiveOf, readZipMember, zipMemberOf } from "./zip-member.ts";

/** How new files are named. */
export interface TemplateTable {
  readonly entries: ReadonlyMap<string, string>;
  readonly byInstrument: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** URI of a dataset's file. */
export function uriOf(root: string, path: string): string {
  if (isAbsoluteUri(path) && !path.startsWith("/")) return path;
  const location = locationOf(root, path);
  return (isRemoteUri(location) ? location : toFileUri(location)) + path.slice(archiveOf(path).length);
}

/** Where a new dataset's file goes and what writes it; with `component` the file of that component alone. Throws `BUTLER.TEMPLATE_INVALID`, `BUTLER.FORMATTER_MISSING`. */
export function planFile(
  templates: TemplateTable,
  formatters: FormatterRegistry,
  ref: DatasetRef,
  data: ExpandedDataId,
  options: { readonly formatter?: Formatter; readonly extension?: string; readonly component?: string } = {},
): LocatedDataset {
  const { component } = options;
  const whole = ref.datasetType;
  const type = component === undefined ? whole : componentType(formatters, whole, component);
  const parent = component === undefined ? undefined : whole;
  const formatter =
    options.formatter ?? chooseFormatter(formatters, { ...ref, datasetType: type }, data.group, parent);
  const instrument = instrumentOf(ref.dataId);
  const own = instrument === undefined ? undefined : templates.byInstrument.get(instrument);
  const template = lookupEntry(templates.entries, own, type, data.group, parent)!;
  const path = formatPath(parsePathTemplate(template), ref, data, component);
  return {
    ref,
    path: path + (options.extension ?? formatter.extension),
    formatter: formatter.name,
    storageClass: type.storageClass,
    ...(component === undefined ? {} : { component }),
    records: data.records,
  };
}

/** The type of a component of a composite. */
function componentType(
  { storageClasses }: FormatterRegistry,
  whole: DatasetType,
  component: string,
): DatasetType {
  const storageClass = storageClasses.componentOf(whole.storageClass, component);
  if (storageClass !== undefined) return { ...whole, name: `${whole.name}.${component}`, storageClass };
  throw new AlmagestError(
    "BUTLER.STORAGE_CLASS",
    `A '${whole.storageClass}' has no component '${component}' ('${whole.name}').`,
    { fields: { storageClass: whole.storageClass, component } },
  );
}

function formatterFailed(action: string, located: LocatedDataset, cause: unknown): unknown {
  if (isAlmagestError(cause)) return cause;
  return new AlmagestError(
    "BUTLER.FORMATTER_FAILED",
    `Cannot ${action} '${located.ref.datasetType.name}' ${located.ref.id} (${located.path}): ${(cause as Error).message}`,
    { cause, fields: { path: located.path, formatter: located.formatter } },
  );
}

/** How to write a dataset's file. */
export interface FileWriteOptions {
  readonly overwrite: boolean;
  readonly checksum: boolean;
  /** The name counts for nothing until the registry claims it. */
  readonly claimedLater?: boolean;
  /** The root is on a local disk. */
  readonly localDisk?: boolean;
}

/** Writes a value to a temporary file and puts it in place whole. Throws `RESOURCES.EXISTS` unless `overwrite`. */
export async function writeDatasetFile(
  root: string,
  formatters: FormatterRegistry,
  located: LocatedDataset,
  value: unknown,
  options: FileWriteOptions,
): Promise<StoredObject> {
  const formatter = formatterOf(formatters, located);
  const write = async (temporary: string): Promise<void> => {
    try {
      await formatter.write(value, temporary);
    } catch (cause) {
      throw formatterFailed("write", located, cause);
    }
  };
  const location = locationOf(root, located.path);
  if (options.localDisk && options.claimedLater && !options.overwrite && formatter.encode !== undefined) {
    try {
      const content = formatter.encode(value);
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      if (bytes.length > SMALL_FILE_BYTES)
        return await writeDurably(location, (path) => writeFile(path, bytes), options);
      return await writeSmallDurably(location, bytes, options);
    } catch (cause) {
      throw formatterFailed("write", located, cause);
    }
  }
  if (!isRemoteUri(location)) return writeDurably(location, write, options);
  const folder = await mkdtemp(join(tmpdir(), "almagest-put-"));
  try {
    const temporary = join(folder, `file${extname(located.path)}`);
    await write(temporary);
    return (await (await storeFor(location)).upload(temporary, location, options))!;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The file of a dataset on this machine: itself, or for a remote one a copy from the cache. */
export async function openDatasetFile(
  root: string,
  located: Pick<LocatedDataset, "ref" | "path" | "component">,
  cache: FileCache = defaultFileCache(),
): Promise<LocalFile> {
  const location = locationOf(root, located.path);
  if (!isRemoteUri(location)) return { path: location, [Symbol.asyncDispose]: async () => {} };
  const { id, datasetType } = located.ref;
  const component = located.component === undefined ? {} : { component: located.component };
  return cache.open({ id, datasetType, location, ...component });
}

/** How to read a dataset's file. */
export interface FileReadOptions extends Pick<ReadOptions, "component" | "parameters"> {
  readonly cache?: FileCache;
  /** BLAKE2b-512 that the file must have; it is read once more for that. */
  readonly checksum?: string;
}

async function checkContent(path: string, located: LocatedDataset, checksum: string): Promise<void> {
  if ((await checksumFile(path)).checksum === checksum) return;
  throw new AlmagestError(
    "BUTLER.FILE_CHANGED",
    `The file of '${located.ref.datasetType.name}' ${located.ref.id} (${located.path}) is not what was stored: its checksum differs.`,
    { fields: { path: located.path, id: located.ref.id } },
  );
}

/** What a format cannot do must not be left out in silence. */
function checkHeeded(
  { parameters: heeded }: Formatter,
  located: LocatedDataset,
  parameters: Readonly<Record<string, unknown>> = {},
): void {
  const other =
    heeded === undefined ? undefined : Object.keys(parameters).find((name) => !heeded.includes(name));
  if (other === undefined) return;
  throw new AlmagestError(
    "BUTLER.PARAMETER_UNKNOWN",
    `'${located.ref.datasetType.name}' is stored by ${located.formatter}, which cannot read a part by '${other}' here.`,
    { fields: { parameter: other, formatter: located.formatter } },
  );
}

/** Reads a dataset's file, or a component or part of it. Throws `BUTLER.FILE_MISSING`, `BUTLER.FORMATTER_FAILED`,
 * `BUTLER.PARAMETER_UNKNOWN`. */
export async function readDatasetFile(
  root: string,
  formatters: FormatterRegistry,
  located: LocatedDataset,
  { cache, checksum, ...options }: FileReadOptions,
): Promise<unknown> {
  const formatter = formatterOf(formatters, located);
  checkHeeded(formatter, located, options.parameters);
  const how: ReadOptions = {
    ...options,
    dataId: located.ref.dataId,
    ...(located.records === undefined ? {} : { records: located.records }),
  };
  const inside = zipMemberOf(located.path);
  try {
    await using local = await openDatasetFile(root, located, cache);
    const { path } = local;
    if (checksum !== undefined && inside === undefined) await checkContent(path, located, checksum);
    if (inside === undefined) return await formatter.read(path, how);
    return await readBytes(formatter, await readZipMember(path, inside.member), inside.member, how);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT" || isAlmagestError(cause, "RESOURCES.MISSING")) {
      throw new AlmagestError(
        "BUTLER.FILE_MISSING",
        `The file of '${located.ref.datasetType.name}' ${located.ref.id} is not at ${root}/${located.path}; run fsck.`,
        { cause, fields: { path: located.path, id: located.ref.id } },
      );
    }
    throw formatterFailed("read", located, cause);
  }
}

/** Reads a dataset that is in memory, over a temporary file where its format can be read from files only. */
async function readBytes(
  formatter: Formatter,
  bytes: Uint8Array,
  name: string,
  options: ReadOptions,
): Promise<unknown> {
  if (formatter.decode !== undefined) return formatter.decode(bytes, options);
  const folder = await mkdtemp(join(tmpdir(), "almagest-member-"));
  try {
    const path = join(folder, `member${extname(name)}`);
    await writeFile(path, bytes);
    return await formatter.read(path, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
