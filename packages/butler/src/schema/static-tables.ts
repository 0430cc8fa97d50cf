import type { Universe } from "../dimensions/universe.ts";
import { dimensionColumn, dimensionForeignKeys, elementTables } from "./element-tables.ts";
import { column, foreignKey, type TableSpec, table } from "./table-spec.ts";

function collectionTables(): TableSpec[] {
  return [
    table(
      "collection",
      [
        column("collection_id", "serial"),
        column("name", "text"),
        column("type", "smallint"),
        column("doc", "text", { nullable: true }),
      ],
      ["collection_id"],
      { unique: [["name"]] },
    ),
    table(
      "run",
      [
        column("collection_id", "bigint"),
        column("host", "text", { nullable: true }),
        column("timespan", "timespan", { nullable: true }),
      ],
      ["collection_id"],
      {
        foreignKeys: [
          foreignKey(["collection_id"], "collection", ["collection_id"], { cascade: true, indexed: false }),
        ],
      },
    ),
    table(
      "collection_chain",
      [column("parent", "bigint"), column("position", "smallint"), column("child", "bigint")],
      ["parent", "position"],
      {
        foreignKeys: [
          foreignKey(["parent"], "collection", ["collection_id"], { cascade: true }),
          foreignKey(["child"], "collection", ["collection_id"]),
        ],
      },
    ),
  ];
}

function datasetTables(): TableSpec[] {
  return [
    table(
      "dataset_type",
      [
        column("id", "serial"),
        column("name", "text"),
        column("storage_class", "text"),
        column("dimensions_key", "bigint"),
        column("tag_association_table", "text"),
        column("calibration_association_table", "text", { nullable: true }),
      ],
      ["id"],
      { unique: [["name"]] },
    ),
    table(
      "dataset",
      [
        column("id", "uuid"),
        column("dataset_type_id", "bigint"),
        column("ingest_date", "bigint"),
        column("run_id", "bigint"),
      ],
      ["id"],
      {
        foreignKeys: [
          foreignKey(["dataset_type_id"], "dataset_type", ["id"]),
          foreignKey(["run_id"], "run", ["collection_id"], { cascade: true }),
        ],
      },
    ),
  ];
}

function summaryTables(universe: Universe): TableSpec[] {
  const toCollection = foreignKey(["collection_id"], "collection", ["collection_id"], { cascade: true });
  const governors = [...universe.elements.values()].filter((element) => element.isGovernor);
  return [
    table(
      "collection_summary_dataset_type",
      [column("collection_id", "bigint"), column("dataset_type_id", "bigint")],
      ["collection_id", "dataset_type_id"],
      {
        foreignKeys: [
          toCollection,
          foreignKey(["dataset_type_id"], "dataset_type", ["id"], { cascade: true }),
        ],
      },
    ),
    ...governors.map(({ name }) =>
      table(
        `collection_summary_${name}`,
        [column("collection_id", "bigint"), dimensionColumn(universe, name)],
        ["collection_id", name],
        { foreignKeys: [toCollection, ...dimensionForeignKeys(universe, name)] },
      ),
    ),
  ];
}

function datastoreTables(): TableSpec[] {
  return [
    table(
      "dataset_location",
      [column("datastore_name", "text"), column("dataset_id", "uuid")],
      ["datastore_name", "dataset_id"],
      { foreignKeys: [foreignKey(["dataset_id"], "dataset", ["id"])] },
    ),
    table(
      "dataset_location_trash",
      [column("dataset_id", "uuid"), column("datastore_name", "text")],
      ["dataset_id", "datastore_name"],
    ),
    table("opaque_meta", [column("table_name", "text")], ["table_name"]),
  ];
}

/** The table of stored files: an opaque table, made at the first writeable opening of a repository. */
export function fileRecordsTable(name: string): TableSpec {
  return table(
    name,
    [
      column("dataset_id", "uuid"),
      column("path", "text"),
      column("formatter", "text"),
      column("storage_class", "text"),
      column("component", "string", { length: 32 }),
      column("checksum", "text", { nullable: true }),
      column("file_size", "bigint", { nullable: true }),
    ],
    ["dataset_id", "component"],
    { indexes: [["path"]] },
  );
}

/** Every table that an empty repository has, in an order that satisfies references. */
export function staticTables(universe: Universe): TableSpec[] {
  return [
    table("butler_attributes", [column("name", "text"), column("value", "text")], ["name"]),
    ...elementTables(universe),
    table("dimension_graph_key", [column("id", "serial")], ["id"]),
    table(
      "dimension_graph_definition",
      [column("dimension_graph_id", "bigint"), column("dimension_name", "text")],
      ["dimension_graph_id", "dimension_name"],
      {
        foreignKeys: [foreignKey(["dimension_graph_id"], "dimension_graph_key", ["id"], { cascade: true })],
      },
    ),
    ...collectionTables(),
    ...datasetTables(),
    ...summaryTables(universe),
    ...datastoreTables(),
  ];
}
