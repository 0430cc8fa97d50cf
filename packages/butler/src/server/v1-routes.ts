import { AlmagestError, isAlmagestError } from "@almagest/base";
import { type Context, Hono } from "hono";
import * as z from "zod";
import type { CollectionInfo } from "../api/collection-api.ts";
import { timespanFromBounds } from "../repository/sql-codec.ts";
import type { CollectionKind, DatasetRef } from "../types.ts";
import type { GuardedButler } from "./guarded-butler.ts";
import {
  kindFromNumber,
  kindToNumber,
  toPythonJson,
  wireCollection,
  wireDataIds,
  wireFile,
  wireRefs,
  wireType,
} from "./python-wire.ts";
import { readBody, requireUuid, type ServerEnv } from "./request.ts";

const name = z.string().max(200);
const dataId = z.record(name, z.union([z.string(), z.int()]));
const nanoseconds = z.union([z.int(), z.bigint()]);
const timespan = z.tuple([nanoseconds, nanoseconds]).nullish();
/** Bodies of the original's requests, by path; also what the OpenAPI document shows. */
export const V1_BODIES = {
  datasets: z.object({ dataset_ids: z.array(z.uuid()).max(10_000) }),
  find_dataset: z.object({
    dataset_type: name,
    data_id: dataId,
    default_data_id: dataId.default({}),
    collections: z.array(name),
    timespan,
    dimension_records: z.boolean().default(false),
  }),
  expand_data_id: z.object({ data_id: dataId }),
  get_file_by_data_id: z.object({
    dataset_type: name,
    data_id: dataId,
    default_data_id: dataId.default({}),
    collections: z.array(name),
    timespan,
  }),
  file_transfer: z.object({ dataset_ids: z.array(z.uuid()).max(10_000) }),
  query_collections: z.object({
    search: z.array(name),
    collection_types: z.array(z.int().min(1).max(4)),
    flatten_chains: z.boolean(),
    include_chains: z.boolean(),
  }),
  query_collection_info: z.object({
    expression: z.array(name),
    collection_types: z.array(z.int().min(1).max(4)),
    flatten_chains: z.boolean(),
    include_chains: z.boolean(),
    include_parents: z.boolean(),
    include_summary: z.boolean(),
    include_doc: z.boolean(),
    summary_datasets: z.array(name).nullish(),
  }),
  query_dataset_types: z.object({ search: z.array(name) }),
} as const;

/** Makes a URL by which a dataset's file may be fetched for a while, without credentials. */
export type FileUrl = (context: Context<ServerEnv>, id: string, component: string) => string;

/** A universe's configuration in the original's serialized form. */
export function wireUniverse(butler: GuardedButler): object {
  const { config } = butler.universe;
  const { common, ...systems } = config.skypix;
  return {
    ...config,
    namespace: butler.universe.namespace,
    skypix: {
      common,
      systems: Object.fromEntries(
        Object.entries(systems).map(([system, settings]) => {
          const given = settings as {
            readonly class?: string;
            readonly min_level?: number;
            readonly max_level?: number;
          };
          const isHtm = system === "htm";
          return [
            system,
            {
              class: given.class ?? `lsst.sphgeom.${isHtm ? "HtmPixelization" : "HealpixPixelization"}`,
              min_level: given.min_level ?? 1,
              max_level: given.max_level ?? (isHtm ? 24 : 17),
            },
          ];
        }),
      ),
    },
  };
}

async function findCollections(
  butler: GuardedButler,
  search: readonly string[],
  types: readonly number[],
  flatten: boolean,
  chains: boolean,
): Promise<CollectionInfo[]> {
  const kinds = types.map(kindFromNumber).filter((kind): kind is CollectionKind => kind !== undefined);
  const found = await butler.queryCollections(search, { flatten: flatten && !chains, kinds });
  if (!flatten || !chains) return found;
  const members = await butler.queryCollections(search, { flatten: true, kinds });
  return [...new Map([...found, ...members].map((info) => [info.name, info])).values()];
}

async function find(
  butler: GuardedButler,
  request: Omit<z.infer<typeof V1_BODIES.find_dataset>, "dimension_records">,
): Promise<DatasetRef | undefined> {
  const { timespan: span, collections } = request;
  // Values of the default hold for dimensions that the dataset type has.
  const type = await butler.getDatasetType(request.dataset_type);
  const defaults = Object.entries(request.default_data_id).filter(([key]) => type.dimensions.includes(key));
  const wanted = { ...Object.fromEntries(defaults), ...request.data_id };
  return butler.findDataset(request.dataset_type, wanted, {
    collections,
    ...(span === undefined || span === null
      ? {}
      : { timespan: timespanFromBounds(BigInt(span[0]), BigInt(span[1])) }),
  });
}

function missing(what: string): AlmagestError {
  return new AlmagestError("BUTLER.DATASET_MISSING", `Dataset ${what} not found.`);
}

/** The original Butler server's own API (`/v1/…`), as its `RemoteButler` asks it. */
export function createV1Routes(fileUrl: FileUrl): Hono<ServerEnv> {
  const json = (context: Context<ServerEnv>, value: unknown): Response =>
    context.body(toPythonJson(value), 200, { "content-type": "application/json" });

  async function fileInfo(context: Context<ServerEnv>, ref: DatasetRef): Promise<object> {
    const { butler } = context.var.state;
    const [files] = await butler.storedFiles([ref]);
    const [wired] = await wireRefs(butler, [ref]);
    const infos = files!.map((file) => ({
      url: fileUrl(context, ref.id, file.component ?? ""),
      datastoreRecords: wireFile(file),
      auth: "none",
    }));
    return {
      dataset_ref: wired,
      artifact: infos.length === 0 ? null : { datastore_type: "file", file_info: infos },
    };
  }
  async function byId(context: Context<ServerEnv>): Promise<DatasetRef | undefined> {
    const id = requireUuid(context.req.param("id"));
    return (await context.var.state.butler.getDatasets([id]))[0];
  }

  return new Hono<ServerEnv>()
    .get("/universe", (context) => json(context, { universe: wireUniverse(context.var.state.butler) }))
    .get("/dataset_type/:name", async (context) => {
      const { butler } = context.var.state;
      return json(context, {
        dataset_type: wireType(await butler.getDatasetType(context.req.param("name")), butler.universe),
      });
    })
    .get("/dataset/:id", async (context) => {
      const ref = await byId(context);
      const withRecords = context.req.query("dimension_records") === "true";
      const [wired = null] =
        ref === undefined ? [] : await wireRefs(context.var.state.butler, [ref], withRecords);
      return json(context, { dataset_ref: wired });
    })
    .get("/dataset/:id/download", async (context) => {
      const ref = await byId(context);
      if (ref === undefined) throw missing(context.req.param("id"));
      return context.redirect(fileUrl(context, ref.id, context.req.query("component") ?? ""), 307);
    })
    .post("/datasets", async (context) => {
      const { butler } = context.var.state;
      const { dataset_ids: ids } = await readBody(context, V1_BODIES.datasets);
      return json(context, {
        type: "dataset_ref",
        rows: await wireRefs(butler, await butler.getDatasets(ids)),
      });
    })
    .post("/find_dataset", async (context) => {
      const { butler } = context.var.state;
      const request = await readBody(context, V1_BODIES.find_dataset);
      const ref = await find(butler, request);
      const [wired = null] =
        ref === undefined ? [] : await wireRefs(butler, [ref], request.dimension_records);
      return json(context, { dataset_ref: wired });
    })
    .post("/expand_data_id", async (context) => {
      const { butler } = context.var.state;
      const { data_id: id } = await readBody(context, V1_BODIES.expand_data_id);
      const [expanded] = await wireDataIds(butler, [id], Object.keys(id), true);
      return json(context, { data_coordinate: expanded });
    })
    .get("/get_file/:id", async (context) => {
      const ref = await byId(context);
      if (ref === undefined) throw missing(context.req.param("id"));
      return json(context, await fileInfo(context, ref));
    })
    .post("/get_file_by_data_id", async (context) => {
      const request = await readBody(context, V1_BODIES.get_file_by_data_id);
      const ref = await find(context.var.state.butler, request);
      if (ref === undefined)
        throw missing(`'${request.dataset_type}' with data id ${JSON.stringify(request.data_id)}`);
      return json(context, await fileInfo(context, ref));
    })
    .post("/file_transfer", async (context) => {
      const { butler } = context.var.state;
      const { dataset_ids: ids } = await readBody(context, V1_BODIES.file_transfer);
      const refs = await butler.getDatasets(ids);
      const files = await butler.storedFiles(refs);
      const entries = refs.map((ref, index) => [
        ref.id,
        files[index]!.map((file) => ({
          url: fileUrl(context, ref.id, file.component ?? ""),
          auth: "none",
          file_info: wireFile(file),
        })),
      ]);
      return json(context, { files: Object.fromEntries(entries) });
    })
    .get("/collection_info", async (context) => {
      const info = await context.var.state.butler.getCollection(context.req.query("name") ?? "");
      return json(context, {
        name: info.name,
        type: kindToNumber(info.kind),
        children: info.children,
        ...(context.req.query("include_doc") === "true" ? { doc: info.doc } : {}),
        ...(context.req.query("include_parents") === "true" ? { parents: info.parents } : {}),
      });
    })
    .get("/collection_summary", async (context) => {
      const { butler } = context.var.state;
      const [summary] = await butler.summarizeCollections([context.req.query("name") ?? ""]);
      const types =
        summary!.datasetTypes.length === 0 ? [] : await butler.queryDatasetTypes(summary!.datasetTypes);
      const wired = types.map((type) => wireType(type, butler.universe));
      return json(context, { summary: { dataset_types: wired, governors: summary!.governors } });
    })
    .post("/query_collections", async (context) => {
      const { butler } = context.var.state;
      const {
        search,
        collection_types: types,
        flatten_chains: flatten,
        include_chains: chains,
      } = await readBody(context, V1_BODIES.query_collections);
      const found = await findCollections(butler, search, types, flatten, chains);
      return json(context, { collections: found.map((info) => info.name) });
    })
    .post("/query_collection_info", async (context) => {
      const { butler } = context.var.state;
      const request = await readBody(context, V1_BODIES.query_collection_info);
      const found = await findCollections(
        butler,
        request.expression,
        request.collection_types,
        request.flatten_chains,
        request.include_chains,
      );
      const summaries = request.include_summary
        ? await butler.summarizeCollections(found.map((info) => info.name))
        : undefined;
      const wanted = request.summary_datasets;
      const collections = found.map((info, index) => {
        const types = summaries?.[index]?.datasetTypes.filter((type) => wanted?.includes(type) ?? true);
        return wireCollection(info, {
          parents: request.include_parents,
          ...(types === undefined ? {} : { datasetTypes: types }),
        });
      });
      return json(context, { collections });
    })
    .post("/query_dataset_types", async (context) => {
      const { butler } = context.var.state;
      const { search } = await readBody(context, V1_BODIES.query_dataset_types);
      const found = new Map<string, object>();
      const absent: string[] = [];
      for (const glob of search) {
        try {
          for (const type of await butler.queryDatasetTypes(glob))
            found.set(type.name, wireType(type, butler.universe));
        } catch (error) {
          if (!isAlmagestError(error, "BUTLER.DATASET_TYPE_MISSING")) throw error;
          absent.push(glob);
        }
      }
      return json(context, { dataset_types: [...found.values()], missing: absent });
    });
}
