import type { QueryOptions } from "../api/query-api.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import type { DimensionRecord } from "../types.ts";

export async function queryRecords(
  _state: ButlerState,
  _element: string,
  _options: QueryOptions,
): Promise<DimensionRecord[]> {
  return [];
}
