import type { Butler, DataId, DatasetRef } from "@almagest/butler";
import type { AstropyTable } from "../../cli/astropy-table.ts";

type Cell = string | number;

/** Orders rows by columns: numbers by value, texts by code point. */
function compareCells(a: readonly Cell[], b: readonly Cell[]): number {
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return a[index]! < b[index]! ? -1 : 1;
  }
  return 0;
}

/** Dimensions by which the original sorts a table: those of the sky and of time first. */
function sortKeys(butler: Butler, dimensions: readonly string[]): string[] {
  const early: string[] = [];
  const late: string[] = [];
  for (const name of dimensions) {
    const { spatialFamily, temporalFamily, skypix, required } = butler.universe.element(name);
    if (spatialFamily !== undefined || temporalFamily !== undefined || skypix !== undefined)
      early.push(...required);
    else late.push(name);
  }
  return [...new Set([...early, ...late])];
}

/** Data ids of the same dimensions as a table, sorted as the original sorts them unless `asGiven`. */
export function dataIdTable(
  butler: Butler,
  dimensions: readonly string[],
  dataIds: readonly DataId[],
  asGiven: boolean,
): AstropyTable {
  const keys = sortKeys(butler, dimensions);
  const rows = asGiven
    ? dataIds
    : dataIds
        .map((dataId) => ({ dataId, key: keys.map((name) => dataId[name]!) }))
        .sort((a, b) => compareCells(a.key, b.key))
        .map(({ dataId }) => dataId);
  return { columns: dimensions, rows: rows.map((row) => dimensions.map((name) => String(row[name]))) };
}

/** Datasets of one type as a table of type, run, id and data id with implied values, and URIs where given. */
export async function datasetTable(
  butler: Butler,
  refs: readonly DatasetRef[],
  options: { readonly name?: string; readonly uris?: readonly string[]; readonly asGiven?: boolean } = {},
): Promise<AstropyTable> {
  const { datasetType } = refs[0]!;
  const group = butler.universe.completeGroup(datasetType.dimensions);
  const dimensions = [...group.required, ...group.implied];
  const expanded =
    group.implied.length === 0
      ? refs
      : await butler.expandDataIds(
          refs.map((ref) => ref.dataId),
          group,
        );
  const keys = ["run", ...sortKeys(butler, dimensions)];
  const { uris, asGiven = false, name = datasetType.name } = options;
  const rows = refs.map((ref, index) => {
    const values: Record<string, Cell> = { ...expanded[index]!.dataId, run: ref.run };
    const cells = [name, ref.run, ref.id, ...dimensions.map((dimension) => String(values[dimension]))];
    if (uris !== undefined) cells.push(uris[index]!);
    return { cells, key: keys.map((column) => values[column]!) };
  });
  if (!asGiven) rows.sort((a, b) => compareCells(a.key, b.key));
  return {
    columns: ["type", "run", "id", ...dimensions, ...(uris === undefined ? [] : ["URI"])],
    rows: rows.map((row) => row.cells),
  };
}
