import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import {
  createQuantumButler,
  type DatasetRef,
  type DatasetType,
  describeQuantum,
  type FormatterRegistry,
  type LocatedDataset,
  parseDatastoreRecords,
  type QuantumDescription,
  type Universe,
} from "@almagest/butler";
import { resolveWithin } from "@almagest/resources";
import type { QuantumModel } from "../qg/graph-models.ts";
import type { GraphFile } from "../qg/open-graph-file.ts";
import { createDatasetPredictor } from "../qg/predicted-datasets.ts";
import type { RunContents, SoughtDataset } from "../qg/run-contents.ts";
import type { RunButler } from "./run-butler.ts";

/** A Butler over the files of a repository that knows of datasets what a graph file tells, and opens no database: the
 * quantum-backed Butler of the original, for any number of quanta. */
export interface GraphButler extends RunButler {
  /** What its run holds, by the files alone. */
  readonly contents: RunContents;
}

/** What a graph Butler is made of. */
export interface GraphButlerOptions {
  readonly file: GraphFile;
  /** Path of the repository. */
  readonly location: string;
  readonly universe: Universe;
  readonly formatters: FormatterRegistry;
}

type StoredFile = ReturnType<typeof parseDatastoreRecords> extends Map<string, (infer F)[]> ? F : never;

/** Opens it. Throws `PIPELINE.QG_INVALID`, `BUTLER.REPOSITORY_MISSING`, `BUTLER.REPOSITORY_INVALID`. */
export async function openGraphButler(options: GraphButlerOptions): Promise<GraphButler> {
  const { file, location, universe, formatters } = options;
  const predictor = await createDatasetPredictor(file, universe);
  const describe = (outputs: readonly DatasetRef[]): Promise<QuantumDescription> =>
    describeQuantum(location, {
      universe,
      inputs: [],
      outputs: outputs.map((ref) => predictor.complete(ref)),
      formatters,
    });
  const { root, datastore } = await describe([]);
  const planOutputs = async (refs: readonly DatasetRef[]): Promise<LocatedDataset[]> => [
    ...(await describe(refs)).outputs,
  ];
  const isThere = ({ path }: LocatedDataset): boolean => existsSync(resolveWithin(root, path));
  const stored = new Map<string, StoredFile>();
  const note = ({ datastore_records: records }: QuantumModel): void => {
    for (const [id, [first]] of parseDatastoreRecords(records, datastore?.name ?? ""))
      if (first !== undefined) stored.set(id, first);
  };
  const initial = new Map<string, DatasetRef>();
  for (const quantum of await file.readInitQuanta()) {
    note(quantum);
    for (const model of [quantum.inputs, quantum.outputs].flatMap((each) => Object.values(each).flat())) {
      const { ref } = predictor.predict(model);
      initial.set(ref.datasetType.name, ref);
    }
  }
  const locate = async (refs: readonly DatasetRef[]): Promise<(LocatedDataset | undefined)[]> => {
    const planned = await planOutputs(refs);
    return planned.map((plan) => {
      const known = stored.get(plan.ref.id);
      if (known === undefined) return isThere(plan) ? plan : undefined;
      const { path, formatter, storageClass, component } = known;
      return { ...plan, path, formatter, storageClass, ...(component === undefined ? {} : { component }) };
    });
  };
  const typeOf = (name: string): DatasetType => predictor.types.get(name)!;
  const makeRef = ({ datasetType, dataId, id = "" }: SoughtDataset): DatasetRef => {
    const type = typeOf(datasetType);
    const group = universe.completeGroup(type.dimensions);
    return { id, datasetType: type, dataId: universe.conform(dataId, group), run: file.header.output_run };
  };
  return {
    root,
    readOnly: false,
    universe,
    registerRun: async () => false,
    registerDatasetType: async () => false,
    queryDatasetTypes: async (glob) =>
      [...predictor.types.values()].filter(({ name }) => glob === undefined || name === glob),
    findDataset: async (name) => {
      const ref = initial.get(name);
      return ref && (await locate([ref]))[0] ? ref : undefined;
    },
    get: async (given: DatasetRef | string) => {
      const ref = typeof given === "string" ? initial.get(given)! : given;
      const inputs = (await locate([ref])).flatMap((each) => each ?? []);
      return createQuantumButler({ root, inputs, outputs: [] }, formatters).get(ref);
    },
    put: async (value, datasetType, dataId, { id } = {}) => {
      const ref = makeRef({ datasetType, dataId, ...(id === undefined ? {} : { id }) });
      const outputs = await planOutputs([ref]);
      await createQuantumButler({ root, inputs: [], outputs }, formatters).put(value, ref);
      return ref;
    },
    locate,
    // Ids are those of the graph: the caller has them.
    makeRefs: (requests) =>
      requests.map(({ datasetType, dataId }) => makeRef({ datasetType: datasetType.name, dataId })),
    planOutputs,
    ingestOutputs: async (records) => ({ inserted: records.length, present: 0 }),
    prune: async (refs) => {
      for (const { path } of await planOutputs(refs)) await rm(resolveWithin(root, path), { force: true });
    },
    // Archives may be registered: only the database knows.
    removeUnclaimed: async () => {},
    contents: {
      note,
      find: async (sought) => {
        const found = new Map<string, DatasetRef>();
        for (const page of pagesOf(sought)) {
          for (const plan of await planOutputs(page.map(makeRef)))
            if (isThere(plan)) found.set(keyOf(universe, plan.ref), plan.ref);
        }
        return { find: (datasetType, key) => found.get(`${datasetType}\u0001${key}`) };
      },
    },
  };
}

const keyOf = (universe: Universe, { datasetType, dataId }: DatasetRef): string =>
  `${datasetType.name}\u0001${universe.dataIdKey(dataId, universe.completeGroup(datasetType.dimensions))}`;

/** Datasets whose places are worked out together. */
const PAGE = 10_000;

function* pagesOf<T>(items: Iterable<T>): Generator<T[]> {
  let page: T[] = [];
  for (const item of items) {
    if (page.push(item) < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
