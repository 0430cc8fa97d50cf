import type { DatasetConstraint, QueryOptions, QueryValue } from "../api/query-api.ts";
import { timespanBounds } from "../repository/sql-codec.ts";
import type { DataId, DataIdValue, DatasetRef, DimensionRecord } from "../types.ts";
import type { GuardedButler } from "./guarded-butler.ts";
import { wireDataIds, wireRecord, wireRefs } from "./python-wire.ts";
import { conditionOf, createExpressionWriter, unsupportedQuery } from "./query-tree.ts";
import type { WireQuery, WireSpec } from "./wire-query.ts";

const PAGE = 1000;

type GeneralSpec = WireSpec & { readonly result_type: "general" };

/** Values that hold where the condition says nothing of their dimension. */
function defaultsFor(defaults: DataId, dimensions: readonly string[], where: string | undefined): DataId {
  return Object.fromEntries(
    Object.entries(defaults).filter(
      ([key]) => dimensions.includes(key) && !new RegExp(`\\b${key}\\b`).test(where ?? ""),
    ),
  );
}

/** The narrowing of a query as this program has it. Throws `BUTLER.QUERY_UNSUPPORTED`. */
export function optionsOf(
  query: WireQuery,
  { order_by, limit }: Pick<WireSpec, "order_by" | "limit">,
  signal?: AbortSignal,
): QueryOptions {
  const { tree } = query;
  if (query.additional_query_inputs.length > 0 || Object.keys(tree.data_coordinate_uploads).length > 0) {
    throw unsupportedQuery("queries with uploaded or materialized tables");
  }
  const { where, bind } = conditionOf(tree.predicate.operands);
  const dataId = defaultsFor(query.default_data_id.dataId, tree.dimensions, where);
  const { write } = createExpressionWriter();
  const order = order_by.map(write);
  return {
    bind,
    ...(where === undefined ? {} : { where }),
    ...(Object.keys(dataId).length === 0 ? {} : { dataId }),
    ...(order.length === 0 ? {} : { orderBy: order }),
    ...(limit === undefined || limit === null ? {} : { limit }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** The dataset types that a query joins. */
export function constraintsOf(query: WireQuery, except?: string): DatasetConstraint[] {
  return Object.entries(query.tree.datasets)
    .filter(([datasetType]) => datasetType !== except)
    .map(([datasetType, { collections }]) => ({ datasetType, collections }));
}

async function queryRecordRows(
  butler: GuardedButler,
  query: WireQuery,
  elementName: string,
  options: QueryOptions,
): Promise<DimensionRecord[]> {
  const constraints = constraintsOf(query);
  if (constraints.length === 0) return butler.queryRecords(elementName, options);
  const element = butler.universe.element(elementName);
  const group = butler.universe.completeGroup(element.required);
  const { limit, ...unlimited } = options;
  const found = await butler.queryDataIds(element.required, { ...unlimited, datasets: constraints });
  const keys = new Set(found.map((dataId) => butler.universe.dataIdKey(dataId, group)));
  const records = await butler.queryRecords(elementName, unlimited);
  const keyOf = (record: DimensionRecord): string =>
    butler.universe.dataIdKey(
      Object.fromEntries(
        element.required.map((item) => [
          item,
          record[item === elementName ? (element.keyColumn ?? item) : item] as string,
        ]),
      ),
      group,
    );
  return records.filter((record) => keys.has(keyOf(record))).slice(0, limit ?? Number.POSITIVE_INFINITY);
}

/** Data ids one at a time, with bounded memory. */
async function* queryIds(
  butler: GuardedButler,
  query: WireQuery,
  names: readonly string[],
  options: QueryOptions,
): AsyncGenerator<DataId> {
  const dimensions = butler.universe.completeGroup(names).required;
  for await (const row of butler.streamRows({ ...options, dimensions, datasets: constraintsOf(query) }))
    yield Object.fromEntries(dimensions.map((name, index) => [name, row[index] as DataIdValue]));
}

/** Fields in the order in which the original gives them: by element, then by dataset type. */
function fieldsOf(butler: GuardedButler, spec: GeneralSpec): string[] {
  const group = butler.universe.completeGroup(spec.dimensions);
  const ofElements = group.elements.flatMap((name) =>
    butler.universe
      .element(name)
      .columns.filter((column) => spec.dimension_fields[name]?.includes(column.name))
      .map((column) => `${name}.${column.name}`),
  );
  const ofDatasets = Object.keys(spec.dataset_fields)
    .sort()
    .flatMap((type) => spec.dataset_fields[type]!.toSorted().map((field) => `${type}.${field}`));
  return [...ofElements, ...ofDatasets];
}

function generalRows(
  butler: GuardedButler,
  query: WireQuery,
  spec: GeneralSpec,
  options: QueryOptions,
): AsyncIterable<readonly QueryValue[]> {
  if (spec.include_dimension_records) throw unsupportedQuery("general queries with whole dimension records");
  const [datasetType, ...more] = Object.keys(spec.dataset_fields);
  if (more.length > 0) throw unsupportedQuery("general queries for fields of several dataset types");
  const group = butler.universe.completeGroup(spec.dimensions);
  const collections = query.tree.datasets[datasetType ?? ""]?.collections ?? [];
  return butler.streamRows({
    ...options,
    dimensions: [...group.required, ...group.implied],
    fields: fieldsOf(butler, spec),
    datasets: constraintsOf(query, datasetType),
    ...(datasetType === undefined
      ? {}
      : { search: { datasetType, collections, findFirst: spec.find_first } }),
  });
}

/** Rows of any query in the order found, in the form of the library. */
export async function* rowsOf(
  butler: GuardedButler,
  query: WireQuery,
  spec: WireSpec,
  signal?: AbortSignal,
): AsyncGenerator<unknown> {
  const options = optionsOf(query, spec, signal);
  if (spec.result_type === "data_coordinate") yield* queryIds(butler, query, spec.dimensions, options);
  else if (spec.result_type === "dimension_record")
    yield* await queryRecordRows(butler, query, spec.element, options);
  else if (spec.result_type === "general") yield* generalRows(butler, query, spec, options);
  else {
    const type = spec.dataset_type_name;
    const collections = query.tree.datasets[type]?.collections ?? [];
    const datasets = constraintsOf(query, type);
    yield* butler.streamDatasets(type, {
      ...options,
      collections,
      findFirst: spec.find_first,
      ...(datasets.length === 0 ? {} : { datasets }),
    });
  }
}

function wireValue(value: QueryValue): unknown {
  if (value instanceof Uint8Array) return value.toHex();
  if (typeof value !== "object" || value === null) return value;
  const { begin, end } = timespanBounds(value);
  return [begin, end];
}

/** Rows in pages. */
export async function* inPages<T>(rows: AsyncIterable<T>): AsyncGenerator<T[]> {
  let page: T[] = [];
  for await (const row of rows) {
    page.push(row);
    if (page.length === PAGE) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

/** The answer to a query as pages of the original's form. */
export async function* executePages(
  butler: GuardedButler,
  query: WireQuery,
  spec: WireSpec,
  signal: AbortSignal,
): AsyncGenerator<object> {
  for await (const page of inPages(rowsOf(butler, query, spec, signal))) {
    if (spec.result_type === "data_coordinate") {
      const rows = await wireDataIds(
        butler,
        page as DataId[],
        spec.dimensions,
        spec.include_dimension_records,
      );
      yield { type: "data_coordinate", rows };
    } else if (spec.result_type === "dimension_record") {
      yield {
        type: "dimension_record",
        rows: (page as DimensionRecord[]).map((record) => wireRecord(spec.element, record)),
      };
    } else if (spec.result_type === "dataset_ref") {
      yield {
        type: "dataset_ref",
        rows: await wireRefs(butler, page as DatasetRef[], spec.include_dimension_records),
      };
    } else
      yield { type: "general", rows: (page as (readonly QueryValue[])[]).map((row) => row.map(wireValue)) };
  }
}
