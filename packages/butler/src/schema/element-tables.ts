import type { DimensionColumn, DimensionElement } from "../dimensions/dimension-element.ts";
import type { Universe } from "../dimensions/universe.ts";
import {
  type ColumnSpec,
  column,
  type ForeignKeySpec,
  foreignKey,
  type TableSpec,
  table,
} from "./table-spec.ts";

function columnSpec(item: DimensionColumn): ColumnSpec {
  const options = { nullable: item.nullable };
  switch (item.type) {
    case "string":
      return column(item.name, "string", {
        ...options,
        ...(item.length === undefined ? {} : { length: item.length }),
      });
    case "int":
      return column(item.name, "bigint", options);
    case "float":
      return column(item.name, "float", options);
    case "bool":
      return column(item.name, "boolean", options);
    case "timespan":
      return column(item.name, "timespan", options);
    case "hash":
    case "region":
      return column(item.name, "text", options);
  }
}

/** Columns of an element's own table that hold its required values, in order. */
export function keyColumns(element: DimensionElement): string[] {
  return element.required.map((name) => (name === element.name ? element.keyColumn! : name));
}

/** Column of another table that refers to a dimension. */
export function dimensionColumn(
  universe: Universe,
  dimension: string,
  options: { readonly nullable?: boolean } = {},
): ColumnSpec {
  const element = universe.element(dimension);
  if (element.keyType === "int") return column(dimension, "bigint", options);
  const length = element.columns.find((item) => item.role === "key")!.length;
  return column(dimension, "string", { ...options, ...(length === undefined ? {} : { length }) });
}

/** References from a table that holds a dimension's required values to that dimension's table, if it has one. */
export function dimensionForeignKeys(universe: Universe, dimension: string): ForeignKeySpec[] {
  const element = universe.element(dimension);
  if (element.columns.length === 0 || !element.hasTable) return [];
  return [foreignKey(element.required, dimension, keyColumns(element))];
}

function elementTable(universe: Universe, element: DimensionElement): TableSpec {
  const primaryKey = keyColumns(element);
  const others = primaryKey.slice(0, element.isDimension ? -1 : undefined);
  return table(element.name, element.columns.map(columnSpec), primaryKey, {
    unique: element.columns.filter((item) => item.role === "alternate").map((item) => [...others, item.name]),
    foreignKeys: [...element.required.filter((name) => name !== element.name), ...element.implied].flatMap(
      (name) => dimensionForeignKeys(universe, name),
    ),
  });
}

const SKYPIX = [column("skypix_system", "string", { length: 16 }), column("skypix_level", "smallint")];
const SKYPIX_NAMES = SKYPIX.map((item) => item.name);

/** The governor of a spatial element: the instrument, or the sky map. */
export function governorOf(universe: Universe, element: DimensionElement): string {
  return element.required.find((name) => universe.element(name).isGovernor)!;
}

function overlapTables(universe: Universe, element: DimensionElement): TableSpec[] {
  const governor = governorOf(universe, element);
  const summary = `${element.name}_skypix_overlap_summary`;
  const summaryKey = [...SKYPIX_NAMES, governor];
  return [
    table(summary, [...SKYPIX, dimensionColumn(universe, governor)], summaryKey, {
      foreignKeys: dimensionForeignKeys(universe, governor),
    }),
    table(
      `${element.name}_skypix_overlap`,
      [
        ...SKYPIX,
        ...element.required.map((name) => dimensionColumn(universe, name)),
        column("skypix_index", "bigint"),
      ],
      [...SKYPIX_NAMES, ...element.required, "skypix_index"],
      {
        foreignKeys: [
          foreignKey(summaryKey, summary, summaryKey, { cascade: true }),
          ...element.required.flatMap((name) => dimensionForeignKeys(universe, name)),
        ],
        indexes: [[...SKYPIX_NAMES, "skypix_index", ...element.required]],
      },
    ),
  ];
}

/** Tables of overlaps between two families, which the original makes and never fills. */
function legacyOverlapTables(universe: Universe, a: DimensionElement, b: DimensionElement): TableSpec[] {
  const governors = [governorOf(universe, a), governorOf(universe, b)];
  const names = [...governors, ...[...a.required, ...b.required].filter((name) => !governors.includes(name))];
  const make = (name: string, dimensions: readonly string[]): TableSpec =>
    table(
      name,
      dimensions.map((dimension) => dimensionColumn(universe, dimension)),
      dimensions,
      { foreignKeys: dimensions.flatMap((dimension) => dimensionForeignKeys(universe, dimension)) },
    );
  const name = `${a.name}_${b.name}_overlap`;
  return [make(`${name}_summary`, governors), make(name, names)];
}

/** Tables of every element that has one, in an order that satisfies references. */
export function elementTables(universe: Universe): TableSpec[] {
  const withTable = [...universe.elements.values()].filter(
    (element) => element.columns.length > 0 && element.hasTable,
  );
  const spatial = withTable.filter((element) => element.spatialFamily !== undefined);
  const pairs = spatial.flatMap((a) =>
    spatial
      .filter((b) => a.spatialFamily! > b.spatialFamily!)
      .map((b): [DimensionElement, DimensionElement] => [a, b]),
  );
  return [
    ...withTable.map((element) => elementTable(universe, element)),
    ...spatial.flatMap((element) => overlapTables(universe, element)),
    ...pairs.flatMap(([a, b]) => legacyOverlapTables(universe, a, b)),
  ];
}
