import { AlmagestError } from "@almagest/base";
import { identifier, joinSql, type SqlValue, sql } from "@almagest/database";
import type { CollectionRow } from "../collections/collection-store.ts";
import type { Repository } from "../repository/repository.ts";
import { encodeUuid } from "../repository/sql-codec.ts";
import type { CollectionKind, DatasetRef } from "../types.ts";
import type { DatasetStore } from "./dataset-store.ts";
import { chunks } from "./dataset-store.ts";
import type { DatasetTypeRow, DatasetTypeStore } from "./dataset-type-store.ts";

/** Refs grouped by their registered type. */
export async function groupByType(
  types: DatasetTypeStore,
  refs: readonly DatasetRef[],
): Promise<Map<DatasetTypeRow, DatasetRef[]>> {
  const groups = new Map<string, DatasetRef[]>();
  for (const ref of refs) {
    const list = groups.get(ref.datasetType.name);
    if (list === undefined) groups.set(ref.datasetType.name, [ref]);
    else list.push(ref);
  }
  const byType = new Map<DatasetTypeRow, DatasetRef[]>();
  for (const [name, list] of groups) byType.set(await types.get(name), list);
  return byType;
}

/** Throws `BUTLER.COLLECTION_KIND` unless a collection is of this kind. */
export function requireKind(collection: CollectionRow, kind: CollectionKind): void {
  if (collection.kind === kind) return;
  throw new AlmagestError(
    "BUTLER.COLLECTION_KIND",
    `'${collection.name}' is a ${collection.kind} collection; this needs ${kind}.`,
    { fields: { collection: collection.name, kind: collection.kind, needed: kind } },
  );
}

/** Puts datasets into a TAGGED collection; each takes the place of another of its type and data id. */
export async function associateTagged(
  repository: Repository,
  types: DatasetTypeStore,
  datasets: DatasetStore,
  collection: CollectionRow,
  refs: readonly DatasetRef[],
): Promise<void> {
  requireKind(collection, "TAGGED");
  const { db } = repository;
  await db.transaction(async () => {
    for (const [type, members] of await groupByType(types, refs)) {
      const required = type.group.required;
      await datasets.summarize(
        collection.id,
        type,
        members.map((ref) => ref.dataId),
      );
      const rows = members.map((ref): SqlValue[] => [
        type.id,
        encodeUuid(db.dialect, ref.id),
        collection.id,
        ...required.map((name) => ref.dataId[name]!),
      ]);
      await db.insertMany(
        type.tagsTable,
        ["dataset_type_id", "dataset_id", "collection_id", ...required],
        rows,
        {
          onConflict: { replaceBy: ["dataset_type_id", "collection_id", ...required] },
        },
      );
    }
  });
}

/** Takes datasets out of a TAGGED collection. */
export async function disassociateTagged(
  repository: Repository,
  types: DatasetTypeStore,
  collection: CollectionRow,
  refs: readonly DatasetRef[],
): Promise<void> {
  requireKind(collection, "TAGGED");
  const { db } = repository;
  await db.transaction(async () => {
    for (const [type, members] of await groupByType(types, refs)) {
      for (const piece of chunks(members)) {
        const ids = joinSql(piece.map((ref) => encodeUuid(db.dialect, ref.id)));
        await db.run(
          sql`DELETE FROM ${identifier(type.tagsTable)} WHERE collection_id = ${collection.id} AND dataset_id IN (${ids})`,
        );
      }
    }
  });
}
