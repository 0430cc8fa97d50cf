import { AlmagestError } from "@almagest/base";
import { identifier, joinSql, sql } from "@almagest/database";
import type { CollectionRow, CollectionStore } from "../collections/collection-store.ts";
import { expandDataIds } from "../dimensions/expand-data-id.ts";
import type { RecordStore } from "../dimensions/record-store.ts";
import type { Repository } from "../repository/repository.ts";
import { decodeUuid, timespanBounds, timespanFromBounds, timespanSql } from "../repository/sql-codec.ts";
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

/** The data ids that identify datasets of this type, and the times they are wanted for, from what the caller gave. Those
 * that name the same dimensions are completed together. */
async function prepare(
  context: FindContext,
  type: DatasetTypeRow,
  given: readonly DataId[],
  options: { readonly timespan: Timespan | undefined; readonly wantTime: boolean },
): Promise<Lookup[]> {
  const lookups: Lookup[] = new Array(given.length);
  const byNames = Map.groupBy(given.keys(), (index) => Object.keys(given[index]!).join(" "));
  for (const indexes of byNames.values()) {
    const members = indexes.map((index) => given[index]!);
    const found = await prepareAlike(context, type, members, options);
    for (const [place, index] of indexes.entries()) lookups[index] = found[place]!;
  }
  return lookups;
}

async function prepareAlike(
  { repository: { universe }, records }: FindContext,
  type: DatasetTypeRow,
  given: readonly DataId[],
  { timespan, wantTime }: { readonly timespan: Timespan | undefined; readonly wantTime: boolean },
): Promise<Lookup[]> {
  const [first] = given as [DataId];
  const complete = type.group.required.every((name) => first[name] !== undefined);
  const conformed = (time: Timespan | undefined): Lookup[] =>
    given.map((dataId) => ({ dataId: universe.conform(dataId, type.group), timespan: time }));
  if (complete && !(wantTime && timespan === undefined)) return conformed(timespan);
  const names = Object.keys(first).filter((name) => universe.elements.get(name)?.isDimension);
  const group = universe.completeGroup(names);
  const temporal = [...universe.families.temporal.values()].flat().find((name) => group.has(name));
  if (complete && temporal === undefined) return conformed(undefined);
  const expanded = await expandDataIds(universe, records, group, given);
  return expanded.map((each, index) => {
    const own = temporal === undefined ? undefined : (each.records[temporal]?.timespan as Timespan | null);
    return {
      dataId: universe.conform({ ...each.dataId, ...given[index] }, type.group),
      timespan: timespan ?? own ?? undefined,
    };
  });
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

/** Says which dataset of a calibration collection is valid for a look-up. */
type CalibSearch = (lookup: Lookup) => Candidate | undefined;

interface Validity {
  readonly begin: bigint;
  readonly end: bigint;
  readonly id: string;
  readonly runId: number;
}

const EARLIEST = -(2n ** 63n);
const LATEST = 2n ** 63n - 1n;

/** Reads the validity ranges that any of the look-ups may fall into, of one collection; one query for all of them. */
async function openCalibs(
  context: FindContext,
  type: DatasetTypeRow,
  collection: CollectionRow,
  lookups: readonly Lookup[],
  rank: number,
): Promise<CalibSearch> {
  const { repository } = context;
  const { db, universe } = repository;
  const required = type.group.required;
  const timed = lookups.filter((lookup) => lookup.timespan !== undefined);
  if (type.calibsTable === undefined || timed.length === 0) return () => undefined;
  const bounds = timed.map((lookup) => timespanBounds(lookup.timespan!));
  const whole = {
    begin: bounds.reduce((least, { begin }) => (begin < least ? begin : least), LATEST),
    end: bounds.reduce((most, { end }) => (end > most ? end : most), EARLIEST),
  };
  const match =
    timed.length === 1
      ? required.map((name) => sql` AND ${identifier("t", name)} = ${timed[0]!.dataId[name]!}`)
      : [];
  const times = timespanSql(db.dialect, "t");
  const rows = await db.rows(
    sql`SELECT DISTINCT t.dataset_id, d.run_id, ${times.begin}, ${times.end}${joinSql(
      required.map((name) => sql`, ${identifier("t", name)}`),
      "",
    )} FROM ${identifier(type.calibsTable)} t JOIN dataset d ON d.id = t.dataset_id
        WHERE t.dataset_type_id = ${type.id} AND t.collection_id = ${collection.id}${joinSql(match, "")}
        AND ${overlapsSql(repository, "t", timespanFromBounds(whole.begin, whole.end))}`,
    { bigInts: true },
  );
  const byKey = new Map<string, Validity[]>();
  for (const row of rows) {
    const [id, runId, begin, end] = row;
    const key = universe.dataIdKey(dataIdOfRow(required, row, 4), type.group);
    const validity = {
      id: id as string,
      runId: Number(runId),
      begin: begin === null ? EARLIEST : BigInt(begin as bigint),
      end: end === null ? LATEST : BigInt(end as bigint),
    };
    const list = byKey.get(key);
    if (list === undefined) byKey.set(key, [validity]);
    else list.push(validity);
  }
  return (lookup) => {
    if (lookup.timespan === undefined) return undefined;
    const { begin, end } = timespanBounds(lookup.timespan);
    const valid = (byKey.get(universe.dataIdKey(lookup.dataId, type.group)) ?? []).filter(
      (each) => each.begin < end && each.end > begin,
    );
    const [chosen] = valid;
    if (valid.some((each) => each.id !== chosen!.id))
      throw ambiguousCalibration(type.type.name, collection.name, lookup.dataId);
    return chosen === undefined ? undefined : { id: chosen.id, runId: chosen.runId, rank };
  };
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
  const lookups = await prepare(context, type, dataIds, { timespan, wantTime });
  const byKey = await searchTags(
    context,
    type,
    searched,
    lookups.map((lookup) => lookup.dataId),
  );
  const calibs: { readonly rank: number; readonly search: CalibSearch }[] = [];
  for (const { row, rank } of wantTime ? calibrations : []) {
    calibs.push({ rank, search: await openCalibs(context, type, row, lookups, rank) });
  }
  const winners = lookups.map((lookup) => {
    let best = byKey.get(universe.dataIdKey(lookup.dataId, type.group));
    for (const { rank, search } of calibs) {
      if (best !== undefined && best.rank < rank) break;
      best = search(lookup) ?? best;
    }
    return best;
  });
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
