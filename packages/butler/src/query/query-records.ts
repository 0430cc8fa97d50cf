import { AlmagestError } from "@almagest/base";
import type { QueryOptions } from "../api/query-api.ts";
import { decodeRecord } from "../dimensions/record-codec.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import type { DimensionRecord } from "../types.ts";
import { type PlannedQuery, planQuery } from "./plan-query.ts";

/** Plans a query of the records of an element that has a table. */
export async function planRecords(
  state: ButlerState,
  elementName: string,
  options: QueryOptions,
): Promise<PlannedQuery> {
  const { universe } = state.repository;
  const element = universe.element(elementName);
  const output = universe.completeGroup(element.required);
  const record = element.hasTable ? { record: element } : {};
  return planQuery(state, { output, columns: element.required, ...record, options });
}

/** Records of one element that match, ordered by key unless told. */
export async function queryRecords(
  state: ButlerState,
  elementName: string,
  options: QueryOptions,
): Promise<DimensionRecord[]> {
  const { universe, db } = state.repository;
  const element = universe.element(elementName);
  if (!element.hasTable) {
    // The records of band are its names.
    const output = universe.completeGroup([elementName]);
    const planned = await planQuery(state, { output, columns: output.required, options });
    return (await db.rows(planned.sql, planned)).map(([name]) => ({ name: name as string }));
  }
  if (element.skypix !== undefined) {
    throw new AlmagestError("BUTLER.QUERY_INVALID", `Pixels such as '${elementName}' have no records.`);
  }
  const planned = await planRecords(state, elementName, options);
  const rows = await db.rows(planned.sql, {
    bigInts: planned.bigInts,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return rows.map((row) => decodeRecord(element, row, element.required.length));
}
