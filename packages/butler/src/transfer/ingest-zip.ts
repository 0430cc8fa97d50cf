import { AlmagestError, isAlmagestError } from "@almagest/base";
import {
  checksumOf,
  isRemoteUri,
  storeFor,
  toFileUri,
  toLocalPath,
  type UploadOptions,
} from "@almagest/resources";
import type { OutputRecord } from "../api/dataset-api.ts";
import type { Butler } from "../butler.ts";
import { locationOf } from "../datastore/stored-file.ts";
import { readZipMember } from "../datastore/zip-member.ts";
import type { DatasetRef } from "../types.ts";
import { invalidZip, ZIP_INDEX, type ZipIndex, zipFileName } from "./zip-index.ts";

/** How an archive is ingested. */
export interface IngestZipOptions {
  /** What becomes of the archive: `copy` unless told; `direct` leaves it where it is. */
  readonly mode?: NonNullable<UploadOptions["mode"]> | "direct";
  /** Only check it, and tell what it holds. */
  readonly dryRun?: boolean;
}

async function refsOf(butler: Butler, index: ZipIndex, path: string): Promise<Map<string, DatasetRef>> {
  const { universe } = butler;
  const { refs } = index;
  if (refs.universe_namespace !== universe.namespace) {
    throw invalidZip(path, `its dimensions are of '${refs.universe_namespace}'`);
  }
  const found = new Map<string, DatasetRef>();
  for (const [id, { dataset_type_name: name, run, data_id }] of Object.entries(refs.compact_refs)) {
    const datasetType = await butler.getDatasetType(name);
    const told = Object.hasOwn(refs.dataset_types, name) ? refs.dataset_types[name] : undefined;
    const group = universe.completeGroup(datasetType.dimensions);
    if (told === undefined || universe.completeGroup(told.dimensions) !== group) {
      throw invalidZip(path, `its dataset type '${name}' is not that of this repository`);
    }
    found.set(id, { id: id.toLowerCase(), datasetType, dataId: universe.conform(data_id, group), run });
  }
  return found;
}

async function recordsOf(
  index: ZipIndex,
  refs: ReadonlyMap<string, DatasetRef>,
  local: string,
  stored: string,
): Promise<OutputRecord[]> {
  const records: OutputRecord[] = [];
  for (const [name, { info, ids }] of Object.entries(index.artifact_map)) {
    let bytes: Buffer;
    try {
      bytes = await readZipMember(local, name);
    } catch (cause) {
      if (!isAlmagestError(cause)) throw cause;
      throw invalidZip(local, cause.message, cause);
    }
    const checksum = checksumOf(bytes);
    if (
      (info.checksum ?? checksum) !== checksum ||
      (info.file_size >= 0 && info.file_size !== bytes.length)
    ) {
      throw invalidZip(local, `its member '${name}' is not what its index says`);
    }
    for (const id of ids) {
      records.push({
        ref: refs.get(id)!,
        path: `${stored}#zip-path=${name}`,
        formatter: info.formatter,
        storageClass: info.storage_class,
        ...(info.component === null ? {} : { component: info.component }),
        sizeBytes: bytes.length,
        checksum,
      });
    }
  }
  return records;
}

/**
 * Takes an archive of datasets (`retrieveZip`, or `retrieve-artifacts --zip` of the original) into a repository, whole or not at
 * all; its dataset types and dimension records must be there. Every member is read and checked first. Gives the datasets.
 * Throws `BUTLER.ZIP_INVALID`, and `BUTLER.DATASET_CONFLICT` where the repository has any of them.
 */
export async function ingestZip(
  butler: Butler,
  path: string,
  options: IngestZipOptions = {},
): Promise<DatasetRef[]> {
  const { mode = "copy", dryRun = false } = options;
  await using local = await (await storeFor(path)).toLocal(path);
  let text: string;
  try {
    text = (await readZipMember(local.path, ZIP_INDEX)).toString("utf8");
  } catch (cause) {
    throw invalidZip(path, (cause as Error).message, cause);
  }
  const { parseZipIndex } = await import("./parse-zip-index.ts");
  const index = parseZipIndex(text, path);
  const refs = await refsOf(butler, index, path);
  const known = await butler.getDatasets([...refs.values()].map(({ id }) => id));
  const conflict = (what: string): AlmagestError =>
    new AlmagestError("BUTLER.DATASET_CONFLICT", `${path} cannot be ingested: ${what}.`, {
      fields: { path },
    });
  if (known.length > 0) throw conflict(`${known.length} of its datasets are here, such as ${known[0]!.id}`);
  const name = zipFileName(Object.keys(index.artifact_map));
  const stored =
    mode === "direct"
      ? isRemoteUri(path)
        ? path
        : toFileUri(toLocalPath(path))
      : `zips/${name.slice(0, 4)}/${name}`;
  const records = await recordsOf(index, refs, local.path, stored);
  const all = [...refs.values()];
  if (dryRun) return all;
  for (const run of [...new Set(all.map((ref) => ref.run))].sort()) await butler.registerRun(run);
  if (mode === "direct") {
    await butler.ingestOutputs(records);
    return all;
  }
  const target = locationOf(butler.root, stored);
  const store = await storeFor(target);
  try {
    await store.upload(local.path, target, { mode: mode === "move" ? "copy" : mode });
  } catch (error) {
    if (!isAlmagestError(error, "RESOURCES.EXISTS")) throw error;
    throw conflict(`${stored} exists already (fsck --repair removes one that a crash left)`);
  }
  try {
    await butler.ingestOutputs(records);
  } catch (error) {
    await store.remove(target);
    throw error;
  }
  if (mode === "move") await (await storeFor(path)).remove(path);
  return all;
}
