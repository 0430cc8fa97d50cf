import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { Universe } from "../dimensions/universe.ts";
import { dimensionColumn, dimensionForeignKeys } from "./element-tables.ts";
import { column, type ForeignKeySpec, foreignKey, type TableSpec, table } from "./table-spec.ts";

function graphDigits(graphKey: number): string {
  return String(graphKey).padStart(8, "0");
}

/** Name of the table that holds RUN and TAGGED membership of dataset types with one dimension group. */
export function tagsTableName(graphKey: number): string {
  return `dataset_tags_${graphDigits(graphKey)}`;
}

/** Name of the table that holds CALIBRATION membership of dataset types with one dimension group. */
export function calibsTableName(graphKey: number): string {
  return `dataset_calibs_${graphDigits(graphKey)}`;
}

function associationForeignKeys(universe: Universe, group: DimensionGroup): ForeignKeySpec[] {
  return [
    foreignKey(["dataset_type_id"], "dataset_type", ["id"]),
    foreignKey(["dataset_id"], "dataset", ["id"], { cascade: true }),
    foreignKey(["collection_id"], "collection", ["collection_id"], { cascade: true }),
    foreignKey(["collection_id", "dataset_type_id"], "collection_summary_dataset_type", [
      "collection_id",
      "dataset_type_id",
    ]),
    ...group.required.flatMap((name) => [
      ...dimensionForeignKeys(universe, name),
      ...(universe.element(name).isGovernor
        ? [foreignKey(["collection_id", name], `collection_summary_${name}`, ["collection_id", name])]
        : []),
    ]),
  ];
}

const ASSOCIATION = [
  column("dataset_type_id", "bigint"),
  column("dataset_id", "uuid"),
  column("collection_id", "bigint"),
];

/** The table of RUN and TAGGED membership for a dimension group. */
export function tagsTable(universe: Universe, group: DimensionGroup, graphKey: number): TableSpec {
  return table(
    tagsTableName(graphKey),
    [...ASSOCIATION, ...group.required.map((name) => dimensionColumn(universe, name))],
    ["dataset_id", "collection_id"],
    {
      unique: [["dataset_type_id", "collection_id", ...group.required]],
      foreignKeys: associationForeignKeys(universe, group),
    },
  );
}

/** The table of CALIBRATION membership for a dimension group. */
export function calibsTable(universe: Universe, group: DimensionGroup, graphKey: number): TableSpec {
  return table(
    calibsTableName(graphKey),
    [
      column("id", "serial"),
      ...ASSOCIATION,
      ...group.required.map((name) => dimensionColumn(universe, name)),
      column("timespan", "timespan"),
    ],
    ["id"],
    {
      foreignKeys: associationForeignKeys(universe, group),
      indexes: [["dataset_type_id", "collection_id", ...group.required, "timespan"]],
    },
  );
}
