import { Hono } from "hono";
import type * as z from "zod";
import { isGlob } from "../repository/name-pattern.ts";
import type { GuardedButler } from "./guarded-butler.ts";
import { streamLines } from "./line-stream.ts";
import { wireRefs } from "./python-wire.ts";
import type { createQuerySlots } from "./query-slots.ts";
import { createExpressionWriter, unsupportedQuery } from "./query-tree.ts";
import { readBody, type ServerEnv } from "./request.ts";
import { constraintsOf, executePages, inPages, optionsOf, rowsOf } from "./v1-query-rows.ts";
import { allDatasetsSchema, countSchema, executeSchema, treeOnlySchema, UNORDERED } from "./wire-query.ts";

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
      const options = { ...optionsOf(query, UNORDERED), limit: 1 };
      const release = slots.take(caller.subject);
      try {
        const datasets = constraintsOf(query);
        const found = await butler.queryDataIds(query.tree.dimensions, { ...options, datasets });
        return context.json({ found_rows: found.length > 0 });
      } finally {
        release();
      }
    })
    .post("/explain", async (context) => {
      const { butler } = context.var.state;
      const { query } = await readBody(context, treeOnlySchema);
      const options = { ...optionsOf(query, UNORDERED), datasets: constraintsOf(query) };
      const { reasons } = await butler.explain({ dataIds: query.tree.dimensions, options });
      return context.json({ messages: reasons });
    });
}
