import * as z from "zod";
import { wireExpression, wireQueryTree } from "./query-tree.ts";

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
  z.object({
    result_type: z.literal("general"),
    dimensions: z.array(name),
    dimension_fields: z.record(name, z.array(name)).default({}),
    dataset_fields: z.record(name, z.array(name)).default({}),
    include_dimension_records: z.boolean().default(false),
    find_first: z.boolean().default(false),
    ...common,
  }),
]);
/** Body of `/v1/query/execute`. */
export const executeSchema = z.object({ query: querySchema, result_spec: specSchema });
/** Body of `/v1/query/count`. */
export const countSchema = executeSchema.extend({
  exact: z.boolean().default(true),
  discard: z.boolean().default(false),
});
/** Body of `/v1/query/any` and `/v1/query/explain`. */
export const treeOnlySchema = z.object({ query: querySchema });
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

/** What is asked for. */
export type WireQuery = z.infer<typeof querySchema>;
/** In which form it is to be given. */
export type WireSpec = z.infer<typeof specSchema>;
/** How rows are ordered, and how many are given. */
type WireOrder = Pick<WireSpec, "order_by" | "limit">;
/** Any order, all rows. */
export const UNORDERED: WireOrder = { order_by: [], limit: null };
