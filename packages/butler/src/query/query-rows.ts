import type { Row } from "@almagest/database";
import type { QueryValue, RowQuery } from "../api/query-api.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { decodeUuid, timespanFromBounds } from "../repository/sql-codec.ts";
import { resolveSearch } from "./dataset-search.ts";
import { planQuery, type SelectedValue } from "./plan-query.ts";

function numberOf(value: unknown): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) || typeof value !== "bigint" ? number : value;
}

function decode(value: SelectedValue, row: Row, at: number): QueryValue {
  const cell = row[at];
  if (value.type === "timespan") {
    const [begin, end] = [cell, row[at + 1]];
    return begin === null || begin === undefined
      ? null
      : timespanFromBounds(BigInt(begin as bigint), BigInt(end as bigint));
  }
  if (cell === null || cell === undefined) return null;
  switch (value.type) {
    case "time":
      return BigInt(cell as bigint);
    case "region":
      return Uint8Array.fromBase64(cell as string);
    case "bool":
      return Boolean(typeof cell === "bigint" ? Number(cell) : cell);
    case "uuid":
      return decodeUuid(cell as string);
    case "int":
    case "float":
      return numberOf(cell);
    default:
      return cell as string;
  }
}

/** Rows of dimensions and fields that match, one at a time. */
export async function* streamRows(
  state: ButlerState,
  query: RowQuery,
): AsyncGenerator<readonly QueryValue[]> {
  const { universe, db } = state.repository;
  const { dimensions, fields = [], search, datasets = [], signal, ...options } = query;
  const output = universe.completeGroup(dimensions);
  const main =
    search === undefined
      ? undefined
      : await resolveSearch(state, search.datasetType, search.collections, search.findFirst ?? false);
  const constraints = [];
  for (const { datasetType, collections } of datasets)
    constraints.push(await resolveSearch(state, datasetType, collections, false));
  const planned = await planQuery(state, {
    output,
    columns: dimensions,
    select: fields,
    constraints,
    options,
    ...(main === undefined ? {} : { search: main }),
  });
  const from = dimensions.length + (main === undefined ? 0 : 2);
  const settings = { bigInts: true, ...(signal === undefined ? {} : { signal }) };
  for await (const page of db.stream(planned.sql, settings)) {
    for (const row of page) {
      const values: QueryValue[] = [];
      for (let at = 0; at < dimensions.length; at++) {
        const cell = row[at];
        values.push(typeof cell === "bigint" ? numberOf(cell) : (cell as string | number));
      }
      let at = from;
      for (const value of planned.selected) {
        values.push(decode(value, row, at));
        at += value.type === "timespan" ? 2 : 1;
      }
      yield values;
    }
  }
}
