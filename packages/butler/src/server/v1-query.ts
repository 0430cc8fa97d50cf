import { Hono } from "hono";
import * as z from "zod";
import type { DatasetConstraint, QueryOptions } from "../api/query-api.ts";
import { isGlob } from "../repository/name-pattern.ts";
import type { DataId, DatasetRef, DimensionRecord } from "../types.ts";
import type { GuardedButler } from "./guarded-butler.ts";
import { streamLines } from "./line-stream.ts";
import { wireDataIds, wireRecord, wireRefs } from "./python-wire.ts";
import type { createQuerySlots } from "./query-slots.ts";
import {
  conditionOf,
  createExpressionWriter,
  unsupportedQuery,
  wireExpression,
  wireQueryTree,
} from "./query-tree.ts";
import { readBody, type ServerEnv } from "./request.ts";

const PAGE = 1000;
const name = z.string().max(200);
const dataIdSchema = z.record(name, z.union([z.string(), z.int()]));

const querySchema = z.object({
  tree: wireQueryTree,
  default_data_id: z.object({ dataId: dataIdSchema.default({}) }).default({ dataId: {} }),
  additional_query_inputs: z.array(z.unknown()).default([]),
});
const common = { order_by: z.array(wireExpression).default([]), limit: z.int().min(0).nullish() };
const specSchema = z.discriminatedUnion("result_type", [
  z.object({
    result_type: z.literal("data_coordinate"),
    dimensions: z.array(name),
    include_dimension_records: z.boolean().default(false),
    ...common,
  }),
  z.object({ result_type: z.literal("dimension_record"), element: name, ...common }),
  z.object({
    result_type: z.literal("dataset_ref"),
    dataset_type_name: name,
    include_dimension_records: z.boolean().default(false),
    find_first: z.boolean(),
    ...common,
  }),
  z.object({ result_type: z.literal("general") }),
]);
/** Body of `/v1/query/execute`. */
export const executeSchema = z.object({ query: querySchema, result_spec: specSchema });
const countSchema = executeSchema.extend({
  exact: z.boolean().default(true),
  discard: z.boolean().default(false),
});
const treeOnlySchema = z.object({ query: querySchema });
/** Body of `/v1/query/all_datasets`. */
export const allDatasetsSchema = z.object({
  collections: z.array(name),
  name: z.array(name),
  find_first: z.boolean(),
  data_id: dataIdSchema.default({}),
  default_data_id: dataIdSchema.default({}),
  where: z.string().default(""),
  bind: z.record(name, wireExpression).default({}),
  limit: z.int().nullish(),
  with_dimension_records: z.boolean().default(false),
});

type Query = z.infer<typeof querySchema>;
type Spec = z.infer<typeof specSchema>;

/** Values that hold where the condition says nothing of their dimension. */
function defaultsFor(defaults: DataId, dimensions: readonly string[], where: string | undefined): DataId {
  return Object.fromEntries(
    Object.entries(defaults).filter(
      ([key]) => dimensions.includes(key) && !new RegExp(`\\b${key}\\b`).test(where ?? ""),
    ),
  );
}

function optionsOf(query: Query, spec: Spec, signal?: AbortSignal): QueryOptions {
  const { tree } = query;
  if (query.additional_query_inputs.length > 0 || Object.keys(tree.data_coordinate_uploads).length > 0) {
    throw unsupportedQuery("queries with uploaded or materialized tables");
  }
  const { where, bind } = conditionOf(tree.predicate.operands);
  const dataId = defaultsFor(query.default_data_id.dataId, tree.dimensions, where);
  const { write } = createExpressionWriter();
  const order = "order_by" in spec ? spec.order_by.map(write) : [];
  const limit = "limit" in spec ? spec.limit : undefined;
  return {
    bind,
    ...(where === undefined ? {} : { where }),
    ...(Object.keys(dataId).length === 0 ? {} : { dataId }),
    ...(order.length === 0 ? {} : { orderBy: order }),
    ...(limit === undefined || limit === null ? {} : { limit }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function constraintsOf(query: Query, except?: string): DatasetConstraint[] {
  return Object.entries(query.tree.datasets)
    .filter(([datasetType]) => datasetType !== except)
    .map(([datasetType, { collections }]) => ({ datasetType, collections }));
}

async function queryIds(
  butler: GuardedButler,
  query: Query,
  dimensions: readonly string[],
  options: QueryOptions,
): Promise<DataId[]> {
  return butler.queryDataIds(dimensions, { ...options, datasets: constraintsOf(query) });
}

async function queryRecordRows(
  butler: GuardedButler,
  query: Query,
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

/** Rows of any query in the order found, in the form of the library. */
async function* rowsOf(
  butler: GuardedButler,
  query: Query,
  spec: Spec,
  signal?: AbortSignal,
): AsyncGenerator<unknown> {
  const options = optionsOf(query, spec, signal);
  if (spec.result_type === "data_coordinate") yield* await queryIds(butler, query, spec.dimensions, options);
  else if (spec.result_type === "dimension_record")
    yield* await queryRecordRows(butler, query, spec.element, options);
  else if (spec.result_type === "dataset_ref") {
    const type = spec.dataset_type_name;
    if (constraintsOf(query, type).length > 0)
      throw unsupportedQuery("queries that join several dataset types");
    const collections = query.tree.datasets[type]?.collections ?? [];
    yield* butler.streamDatasets(type, { ...options, collections, findFirst: spec.find_first });
  } else throw unsupportedQuery("general queries");
}

async function* inPages<T>(rows: AsyncIterable<T>): AsyncGenerator<T[]> {
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

async function* executePages(
  butler: GuardedButler,
  query: Query,
  spec: Spec,
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
    }
  }
}

async function* allDatasets(
  butler: GuardedButler,
  request: z.infer<typeof allDatasetsSchema>,
  signal: AbortSignal,
): AsyncGenerator<object> {
  const { write, bind: own } = createExpressionWriter();
  // Values to bind come as literals; what the writer makes of them is put in their place.
  const texts = new Map(Object.entries(request.bind).map(([key, literal]) => [key, write(literal)]));
  const where = request.where.replace(/:(\w+)/g, (word, key: string) => texts.get(key) ?? word);
  const types = await butler.queryDatasetTypes(request.name);
  const infos = await butler.queryCollections(request.collections, { flatten: true });
  const summaries = await butler.summarizeCollections(infos.map((info) => info.name));
  const ordered = types.map((type) => type.name).sort();
  let left = request.limit ?? Number.POSITIVE_INFINITY;
  for (const type of ordered) {
    const holders = summaries
      .filter((summary) => summary.datasetTypes.includes(type))
      .map((summary) => summary.name);
    if (holders.length === 0 || left <= 0) continue;
    if (request.find_first && request.collections.some(isGlob)) {
      throw unsupportedQuery("searches for the first dataset in collections given by globs");
    }
    const rows = butler.streamDatasets(type, {
      collections: holders,
      findFirst: request.find_first,
      bind: own,
      signal,
      ...(where === "" ? {} : { where }),
      ...(Object.keys(request.data_id).length === 0 ? {} : { dataId: request.data_id }),
      ...(left === Number.POSITIVE_INFINITY ? {} : { limit: left }),
    });
    for await (const page of inPages(rows)) {
      left -= page.length;
      yield { type: "dataset_ref", rows: await wireRefs(butler, page, request.with_dimension_records) };
    }
  }
}

/** The original's `/v1/query/…`: results as JSON lines. */
export function createQueryRoutes(slots: ReturnType<typeof createQuerySlots>): Hono<ServerEnv> {
  const lines = { "content-type": "application/jsonlines" };
  return new Hono<ServerEnv>()
    .post("/execute", async (context) => {
      const { butler, caller } = context.var.state;
      const { query, result_spec: spec } = await readBody(context, executeSchema);
      optionsOf(query, spec);
      if (spec.result_type === "general") throw unsupportedQuery("general queries");
      const release = slots.take(caller.subject);
      return context.body(
        streamLines((signal) => executePages(butler, query, spec, signal), release),
        200,
        lines,
      );
    })
    .post("/all_datasets", async (context) => {
      const { butler, caller } = context.var.state;
      const request = await readBody(context, allDatasetsSchema);
      const release = slots.take(caller.subject);
      return context.body(
        streamLines((signal) => allDatasets(butler, request, signal), release),
        200,
        lines,
      );
    })
    .post("/count", async (context) => {
      const { butler, caller } = context.var.state;
      const { query, result_spec: spec } = await readBody(context, countSchema);
      const release = slots.take(caller.subject);
      try {
        let count = 0;
        for await (const _ of rowsOf(butler, query, spec, context.req.raw.signal)) count++;
        return context.json({ count });
      } finally {
        release();
      }
    })
    .post("/any", async (context) => {
      const { butler, caller } = context.var.state;
      const { query } = await readBody(context, treeOnlySchema);
      const options = { ...optionsOf(query, { result_type: "general" }), limit: 1 };
      const release = slots.take(caller.subject);
      try {
        const found = await queryIds(butler, query, query.tree.dimensions, options);
        return context.json({ found_rows: found.length > 0 });
      } finally {
        release();
      }
    })
    .post("/explain", async (context) => {
      const { butler } = context.var.state;
      const { query } = await readBody(context, treeOnlySchema);
      const options = { ...optionsOf(query, { result_type: "general" }), datasets: constraintsOf(query) };
      const { reasons } = await butler.explain({ dataIds: query.tree.dimensions, options });
      return context.json({ messages: reasons });
    });
}
