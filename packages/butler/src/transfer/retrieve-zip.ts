import { mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { isRemoteUri, storeFor, writeDurably } from "@almagest/resources";
import type { OutputRecord } from "../api/dataset-api.ts";
import type { Butler } from "../butler.ts";
import { locationOf } from "../datastore/stored-file.ts";
import { readZipMember, zipMemberOf } from "../datastore/zip-member.ts";
import { type NewZipMember, writeZip } from "../datastore/zip-writer.ts";
import { describeFile } from "../quantum/datastore-records.ts";
import type { DatasetRef } from "../types.ts";
import { ZIP_INDEX, type ZipIndex, zipFileName } from "./zip-index.ts";

async function readStoredBytes(root: string, path: string): Promise<Uint8Array> {
  const location = locationOf(root, path);
  const inside = zipMemberOf(path);
  await using fetched = isRemoteUri(location)
    ? await (await storeFor(location)).toLocal(location)
    : undefined;
  const local = fetched?.path ?? location;
  return inside === undefined ? readFile(local) : readZipMember(local, inside.member);
}

/** The start of a dataset's id keeps names apart; members of archives have it already. */
function memberName({ ref, path }: OutputRecord): string {
  const inside = zipMemberOf(path);
  return inside === undefined ? `${ref.id.slice(0, 8)}-${basename(path)}` : basename(inside.member);
}

async function refsOf(butler: Butler, refs: readonly DatasetRef[]): Promise<ZipIndex["refs"]> {
  const { universe } = butler;
  const compact: [string, ZipIndex["refs"]["compact_refs"][string]][] = [];
  const types: [string, ZipIndex["refs"]["dataset_types"][string]][] = [];
  for (const [name, members] of Map.groupBy(refs, (ref) => ref.datasetType.name)) {
    const type = await butler.getDatasetType(name);
    const group = universe.completeGroup(type.dimensions);
    const { storageClass, isCalibration } = type;
    const dimensions = group.required;
    // The original completes them, and leaves the order to itself.
    types.push([name, { name, storageClass, dimensions: [...dimensions], isCalibration }]);
    const full = await butler.expandDataIds(
      members.map((ref) => ref.dataId),
      group,
    );
    members.forEach(({ id, run }, index) => {
      compact.push([id, { dataset_type_name: name, run, data_id: { ...full[index]!.dataId } }]);
    });
  }
  return {
    container_version: "V1",
    universe_version: universe.version,
    universe_namespace: universe.namespace,
    dataset_types: Object.fromEntries(types),
    compact_refs: Object.fromEntries(compact),
  };
}

/**
 * Puts the files of datasets into one archive with an index, which `ingestZip` and the original's `ingest-zip` read; gives its
 * path. Its name follows from its members' names. Throws `BUTLER.DATASET_MISSING` where a dataset has no file,
 * `BUTLER.TRANSFER_UNSUPPORTED` for nothing, or more than 4 GiB; `RESOURCES.EXISTS` unless `overwrite`.
 */
export async function retrieveZip(
  butler: Butler,
  refs: readonly DatasetRef[],
  folder: string,
  options: { readonly overwrite?: boolean } = {},
): Promise<string> {
  const stored = await butler.storedFiles(refs);
  const without = refs.find((_, index) => stored[index]!.length === 0);
  if (without !== undefined || refs.length === 0) {
    throw new AlmagestError(
      refs.length === 0 ? "BUTLER.TRANSFER_UNSUPPORTED" : "BUTLER.DATASET_MISSING",
      refs.length === 0 ? "There is nothing to put into an archive." : `${without!.id} has no stored file.`,
    );
  }
  const artifacts = new Map<string, ZipIndex["artifact_map"][string]>();
  const members: NewZipMember[] = [];
  for (const file of stored.flat()) {
    const name = memberName(file);
    const known = artifacts.get(name);
    if (known !== undefined) {
      known.ids.push(file.ref.id);
      continue;
    }
    artifacts.set(name, {
      info: describeFile(file, null),
      ids: [file.ref.id],
    });
    members.push({ name, read: () => readStoredBytes(butler.root, file.path) });
  }
  const index = {
    index_version: "V1" as const,
    refs: { ...(await refsOf(butler, refs)), dimension_records: null },
    artifact_map: Object.fromEntries(artifacts),
  };
  const text = Buffer.from(`${JSON.stringify(index)}\n`);
  const path = join(folder, zipFileName([...artifacts.keys()]));
  await mkdir(folder, { recursive: true });
  const write = async (temporary: string): Promise<void> => {
    if (await writeZip(temporary, [{ name: ZIP_INDEX, read: async () => text }, ...members])) return;
    throw new AlmagestError(
      "BUTLER.TRANSFER_UNSUPPORTED",
      "An archive holds up to 4 GiB; take fewer datasets.",
    );
  };
  await writeDurably(path, write, { overwrite: options.overwrite ?? false });
  return path;
}
