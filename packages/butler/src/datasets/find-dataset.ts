import { AlmagestError } from "@almagest/base";
import { identifier, joinSql, sql } from "@almagest/database";
import type { CollectionRow, CollectionStore } from "../collections/collection-store.ts";
import { expandDataIds } from "../dimensions/expand-data-id.ts";
import type { RecordStore } from "../dimensions/record-store.ts";
import type { Repository } from "../repository/repository.ts";
import { decodeUuid } from "../repository/sql-codec.ts";
import type { DataId, DatasetRef, Timespan } from "../types.ts";
import { overlapsSql } from "./calibrations.ts";
import { chunks, dataIdOfRow } from "./dataset-store.ts";
import type { DatasetTypeRow } from "./dataset-type-store.ts";

/** What the search needs of the repository. */
export interface FindContext {
  readonly repository: Repository;
  readonly collections: CollectionStore;
  readonly records: RecordStore;
}

interface Candidate {
  readonly id: string;
  readonly runId: number;
  readonly rank: number;
}

interface Lookup {
  readonly dataId: DataId;
  readonly timespan: Timespan | undefined;
}

/** The data id that identifies a dataset of this type, and the time it is wanted for, from what the caller gave. */
async function prepare(
  context: FindContext,
  type: DatasetTypeRow,
  given: DataId,
  options: { readonly timespan: Timespan | undefined; readonly wantTime: boolean },
): Promise<Lookup> {
  const { universe } = context.repository;
  const complete = type.group.required.every((name) => given[name] !== undefined);
  const needTime = options.wantTime && options.timespan === undefined;
  if (complete && !needTime)
    return { dataId: universe.conform(given, type.group), timespan: options.timespan };
  const names = Object.keys(given).filter((name) => universe.elements.get(name)?.isDimension);
  const group = universe.completeGroup(names);
  const temporal = [...universe.families.temporal.values()].flat().find((name) => group.has(name));
  if (complete && temporal === undefined)
    return { dataId: universe.conform(given, type.group), timespan: undefined };
  const [expanded] = await expandDataIds(universe, context.records, group, [given]);
  const timespan =
    temporal === undefined ? undefined : (expanded!.records[temporal]?.timespan as Timespan | null);
  return {
    dataId: universe.conform({ ...expanded!.dataId, ...given }, type.group),
    timespan: options.timespan ?? timespan ?? undefined,
  };
}

async function searchTags(
  context: FindContext,
  type: DatasetTypeRow,
  searched: readonly CollectionRow[],
  dataIds: readonly DataId[],
): Promise<Map<string, Candidate>> {
  const { db, universe } = context.repository;
  const required = type.group.required;
  const best = new Map<string, Candidate>();
  if (searched.length === 0) return best;
  const rank = new Map(searched.map((row, index) => [row.id, index]));
  const columns = joinSql([
    identifier("t", "dataset_id"),
    identifier("t", "collection_id"),
    identifier("d", "run_id"),
    ...required.map((name) => identifier("t", name)),
  ]);
  for (const piece of chunks(dataIds, 200)) {
    const single = piece.length === 1 ? piece[0]! : undefined;
    const match =
      required.length === 0
        ? sql``
        : single !== undefined
          ? joinSql(
              required.map((name) => sql` AND ${identifier("t", name)} = ${single[name]!}`),
              "",
            )
          : sql` AND (${joinSql(required.map((name) => identifier("t", name)))}) IN (VALUES ${joinSql(
              piece.map((dataId) => sql`(${joinSql(required.map((name) => dataId[name]!))})`),
            )})`;
    const rows = await db.rows(
      sql`SELECT ${columns} FROM ${identifier(type.tagsTable)} t JOIN dataset d ON d.id = t.dataset_id
          WHERE t.dataset_type_id = ${type.id} AND t.collection_id IN (${joinSql(searched.map((row) => row.id))})${match}`,
    );
    for (const row of rows) {
      const key = universe.dataIdKey(dataIdOfRow(required, row, 3), type.group);
      const candidate = { id: row[0] as string, runId: Number(row[2]), rank: rank.get(Number(row[1]))! };
      const present = best.get(key);
      if (present === undefined || candidate.rank < present.rank) best.set(key, candidate);
    }
  }
  return best;
}

async function searchCalibs(
  context: FindContext,
  type: DatasetTypeRow,
  collection: CollectionRow,
  lookup: Lookup,
  rank: number,
): Promise<Candidate | undefined> {
  if (type.calibsTable === undefined || lookup.timespan === undefined) return undefined;
  const { repository } = context;
  const match = type.group.required.map(
    (name) => sql` AND ${identifier("t", name)} = ${lookup.dataId[name]!}`,
  );
  const rows = await repository.db.rows(
    sql`SELECT DISTINCT t.dataset_id, d.run_id FROM ${identifier(type.calibsTable)} t JOIN dataset d ON d.id = t.dataset_id
        WHERE t.dataset_type_id = ${type.id} AND t.collection_id = ${collection.id}${joinSql(match, "")}
        AND ${overlapsSql(repository, "t", lookup.timespan)} LIMIT 2`,
  );
  if (rows.length > 1) throw ambiguousCalibration(type.type.name, collection.name, lookup.dataId);
  const [row] = rows;
  return row === undefined ? undefined : { id: row[0] as string, runId: Number(row[1]), rank };
}

/** The refusal to choose between several calibrations. */
export function ambiguousCalibration(type: string, collection: string, dataId?: DataId): AlmagestError {
  return new AlmagestError(
    "BUTLER.CALIBRATION_AMBIGUOUS",
    `Several '${type}' of '${collection}' match; give a time span, or a data id with an exposure or visit.`,
    { fields: { datasetType: type, collection, ...(dataId === undefined ? {} : { dataId }) } },
  );
}

/** The first dataset in search order for each data id, parallel to `dataIds`. */
export async function findDatasets(
  context: FindContext,
  type: DatasetTypeRow,
  dataIds: readonly DataId[],
  searched: readonly CollectionRow[],
  timespan?: Timespan,
): Promise<(DatasetRef | undefined)[]> {
  const { universe } = context.repository;
  const calibrations = searched.flatMap((row, rank) => (row.kind === "CALIBRATION" ? [{ row, rank }] : []));
  const wantTime = calibrations.length > 0 && type.calibsTable !== undefined;
  const lookups: Lookup[] = [];
  for (const given of dataIds) lookups.push(await prepare(context, type, given, { timespan, wantTime }));
  const byKey = await searchTags(
    context,
    type,
    searched,
    lookups.map((lookup) => lookup.dataId),
  );
  const winners: (Candidate | undefined)[] = [];
  for (const lookup of lookups) {
    let best = byKey.get(universe.dataIdKey(lookup.dataId, type.group));
    if (wantTime) {
      for (const { row, rank } of calibrations) {
        if (best !== undefined && best.rank < rank) break;
        best = (await searchCalibs(context, type, row, lookup, rank)) ?? best;
      }
    }
    winners.push(best);
  }
  const runs = await context.collections.getByIds(winners.flatMap((winner) => winner?.runId ?? []));
  return winners.map((winner, index) =>
    winner === undefined
      ? undefined
      : {
          id: decodeUuid(winner.id),
          datasetType: type.type,
          dataId: lookups[index]!.dataId,
          run: runs.get(winner.runId)!.name,
        },
  );
}
