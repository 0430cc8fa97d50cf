import type { CollectionInfo } from "../api/collection-api.ts";
import type { OutputRecord } from "../api/dataset-api.ts";
import type { Universe } from "../dimensions/universe.ts";
import { timespanBounds } from "../repository/sql-codec.ts";
import type { CollectionKind, DataId, DatasetRef, DatasetType, DimensionRecord, Timespan } from "../types.ts";
import type { GuardedButler } from "./guarded-butler.ts";

const KINDS: readonly CollectionKind[] = ["RUN", "TAGGED", "CHAINED", "CALIBRATION"];

/** A collection kind as the original numbers it. */
export function kindToNumber(kind: CollectionKind): number {
  return KINDS.indexOf(kind) + 1;
}

/** The kind of a number; undefined for an unknown one. */
export function kindFromNumber(number: number): CollectionKind | undefined {
  return KINDS[number - 1];
}

/** JSON text in which bigints are plain integers, as Python reads them. */
export function toPythonJson(value: unknown): string {
  return JSON.stringify(value, (_key, member) =>
    typeof member === "bigint"
      ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(member))
      : member,
  );
}

/** A dataset type in the original's serialized form. */
export function wireType(type: DatasetType, universe: Universe): object {
  return {
    name: type.name,
    storageClass: type.storageClass,
    dimensions: universe.completeGroup(type.dimensions).required,
    parentStorageClass: null,
    isCalibration: type.isCalibration,
  };
}

/** A dimension record in the original's serialized form: regions and hashes as hex, time spans as two integers. */
export function wireRecord(element: string, record: DimensionRecord): object {
  const plain = Object.entries(record).map(([name, value]) => {
    if (value instanceof Uint8Array) return [name, value.toHex()];
    if (typeof value === "object" && value !== null) {
      const { begin, end } = timespanBounds(value as Timespan);
      return [name, [begin, end]];
    }
    return [name, value];
  });
  return { definition: element, record: Object.fromEntries(plain) };
}

/** Data ids of one dimension group with implied values, and their records where wanted. */
export async function wireDataIds(
  butler: GuardedButler,
  dataIds: readonly DataId[],
  dimensions: readonly string[],
  withRecords: boolean,
): Promise<{ dataId: DataId; records: object | null }[]> {
  const group = butler.universe.completeGroup(dimensions);
  if (!withRecords && group.implied.length === 0) return dataIds.map((dataId) => ({ dataId, records: null }));
  const expanded = await butler.expandDataIds(dataIds, group);
  return expanded.map(({ dataId, records }) => ({
    dataId,
    records: withRecords
      ? Object.fromEntries(
          Object.entries(records).flatMap(([element, record]) =>
            record === null ? [] : [[element, wireRecord(element, record)]],
          ),
        )
      : null,
  }));
}

/** Datasets in the original's serialized form. */
export async function wireRefs(
  butler: GuardedButler,
  refs: readonly DatasetRef[],
  withRecords = false,
): Promise<object[]> {
  const wired = new Map<DatasetRef, object>();
  for (const members of Map.groupBy(refs, (ref) => ref.datasetType.name).values()) {
    const { datasetType } = members[0]!;
    const type = wireType(datasetType, butler.universe);
    const ids = members.map((ref) => ref.dataId);
    const dataIds = await wireDataIds(butler, ids, datasetType.dimensions, withRecords);
    members.forEach((ref, index) => {
      wired.set(ref, {
        id: ref.id,
        datasetType: type,
        dataId: dataIds[index]!,
        run: ref.run,
        component: null,
      });
    });
  }
  return refs.map((ref) => wired.get(ref)!);
}

/** A stored file's record in the original's serialized form; its path says nothing of where the server keeps it. */
export function wireFile(file: OutputRecord): object {
  const relative =
    /^[a-z0-9+]+:\/\//i.test(file.path) || file.path.startsWith("/")
      ? file.path.split("/").at(-1)!
      : file.path;
  return {
    formatter: file.formatter,
    path: relative,
    storage_class: file.storageClass,
    component: file.component ?? null,
    checksum: file.checksum ?? null,
    file_size: file.sizeBytes,
  };
}

/** A collection in the original's serialized form. */
export function wireCollection(
  info: CollectionInfo,
  options: { readonly parents: boolean; readonly datasetTypes?: readonly string[] },
): object {
  return {
    name: info.name,
    type: kindToNumber(info.kind),
    doc: info.doc,
    children: info.children,
    parents: options.parents ? info.parents : null,
    dataset_types: options.datasetTypes ?? null,
  };
}
