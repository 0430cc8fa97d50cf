import * as z from "zod";

const name = z.string().min(1).max(200);
const names = z.array(name).max(100_000);
const globs = z.union([z.string().max(200), z.array(z.string().max(200)).max(100_000)]);
const value = z.union([z.string(), z.number()]);
const dataId = z.record(name, value);
const uuid = z.string().regex(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i);
const datasetType = z.object({
  name,
  dimensions: z.array(name),
  storageClass: name,
  isCalibration: z.boolean(),
});
/** A dataset as it is sent. */
export const refSchema = z.object({ id: uuid, datasetType, dataId, run: name });
const refs = z.array(refSchema).max(100_000);
const bytes = z.instanceof(Uint8Array);
const timespan = z.object({ begin: z.bigint().optional(), end: z.bigint().optional() });
const record = z.record(
  name,
  z.union([z.string(), z.number(), z.bigint(), z.boolean(), z.null(), bytes, timespan]),
);
const located = z.object({
  ref: refSchema,
  path: z.string().max(4096),
  formatter: name,
  storageClass: name,
  component: name.optional(),
  records: z.record(name, record.nullable()).optional(),
});
const output = located.extend({ sizeBytes: z.number(), checksum: z.string().max(200).optional() });
const bindValue = z.union([
  value,
  z.bigint(),
  z.boolean(),
  timespan,
  bytes,
  z.array(z.union([value, z.bigint()])).max(100_000),
]);
const query = {
  where: z.string().max(1_000_000).optional(),
  bind: z.record(name, bindValue).optional(),
  dataId: dataId.optional(),
  orderBy: z.array(z.string().max(400)).optional(),
  limit: z.int().min(0).optional(),
};
const queryOptions = z.object(query).optional();
const constraint = z.object({ datasetType: name, collections: globs });
const datasets = z.array(constraint).max(1000).optional();
const datasetQuery = z
  .object({ ...query, collections: globs.optional(), findFirst: z.boolean().optional(), datasets })
  .optional();
const dataIdQuery = z.object({ ...query, implied: z.boolean().optional(), datasets }).optional();
/** What a remote Butler asks a stream of rows for. */
export const ROW_QUERY = z.object({
  ...query,
  dimensions: z.array(name).max(1000),
  fields: z.array(z.string().max(400)).max(1000).optional(),
  search: constraint.extend({ findFirst: z.boolean().optional() }).optional(),
  datasets,
});
const kind = z.enum(["RUN", "TAGGED", "CHAINED", "CALIBRATION"]);
const children = z.tuple([name, names]);
/** Dimensions of a group, by name. */
const group = z.object({ dimensions: z.array(name) });

/** Arguments of every call that a remote Butler makes, by method. To add one: here, and in `create-call-routes.ts` if the
 * guarded Butler's own method does not do. */
export const CALL_SCHEMAS = {
  describe: z.tuple([]),
  insertRecords: z.tuple([
    name,
    z.array(record).max(100_000),
    z.object({ skipExisting: z.boolean().optional(), replace: z.boolean().optional() }).optional(),
  ]),
  syncRecord: z.tuple([name, record, z.object({ update: z.boolean().optional() }).optional()]),
  queryRecords: z.tuple([name, queryOptions]),
  expandDataIds: z.tuple([z.array(dataId).max(100_000), group]),
  registerRun: z.tuple([name, z.string().optional()]),
  registerCollection: z.tuple([name, kind, z.string().optional()]),
  setChain: children,
  prependChain: children,
  extendChain: children,
  removeFromChain: children,
  getCollection: z.tuple([name]),
  queryCollections: z.tuple([
    globs.optional(),
    z.object({ kinds: z.array(kind).optional(), flatten: z.boolean().optional() }).optional(),
  ]),
  summarizeCollections: z.tuple([names]),
  removeCollection: z.tuple([name]),
  removeRun: z.tuple([name, z.object({ unlinkFromChains: z.boolean().optional() }).optional()]),
  associate: z.tuple([name, refs]),
  disassociate: z.tuple([name, refs]),
  certify: z.tuple([name, refs, timespan]),
  decertify: z.tuple([name, name, timespan, z.object({ dataIds: z.array(dataId).optional() }).optional()]),
  queryAssociations: z.tuple([name, globs]),
  registerDatasetType: z.tuple([datasetType]),
  getDatasetType: z.tuple([name]),
  queryDatasetTypes: z.tuple([globs.optional()]),
  removeDatasetType: z.tuple([name]),
  exists: z.tuple([refSchema]),
  locate: z.tuple([refs]),
  storedFiles: z.tuple([refs]),
  registerDatasets: z.tuple([refs]),
  planOutputs: z.tuple([refs]),
  ingestOutputs: z.tuple([z.array(output).max(100_000)]),
  prune: z.tuple([refs, z.object({ purge: z.boolean().optional() }).optional()]),
  queryDatasets: z.tuple([name, datasetQuery]),
  queryDataIds: z.tuple([z.array(name), dataIdQuery]),
  queryDataIdTable: z.tuple([z.array(name), dataIdQuery]),
  findDataset: z.tuple([
    name,
    dataId,
    z.object({ collections: globs.optional(), timespan: timespan.optional() }).optional(),
  ]),
  findDatasets: z.tuple([
    name,
    z.array(dataId).max(100_000),
    z.object({ collections: globs.optional() }).optional(),
  ]),
  explain: z.tuple([
    z.union([
      z.object({ datasets: name, options: datasetQuery }),
      z.object({ dataIds: z.array(name), options: dataIdQuery }),
      z.object({ records: name, options: queryOptions }),
    ]),
  ]),
  getDatasets: z.tuple([z.array(uuid).max(100_000)]),
  collectRecords: z.tuple([refs]),
  check: z.tuple([
    z
      .object({
        checksums: z.boolean().optional(),
        repair: z.boolean().optional(),
        graceMs: z.number().optional(),
      })
      .optional(),
  ]),
  validateConfiguration: z.tuple([
    z.object({ datasetTypes: z.array(name).optional(), ignore: z.array(name).optional() }).optional(),
  ]),
  fileUrls: z.tuple([refs]),
  ingestUploads: z.tuple([
    z
      .array(
        z.object({
          upload: uuid,
          extension: z.string().max(40),
          datasetType: name,
          dataId,
          formatter: name.optional(),
          id: uuid.optional(),
          component: name.optional(),
        }),
      )
      .max(10_000),
    z.object({
      run: name,
      skipExisting: z.boolean().optional(),
      idMode: z.enum(["unique", "deterministic-type", "deterministic"]).optional(),
    }),
  ]),
} as const;

/** A method that may be called. */
export type CallName = keyof typeof CALL_SCHEMAS;
