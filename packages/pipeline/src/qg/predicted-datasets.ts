import type {
  DataId,
  DataIdValue,
  DatasetRef,
  DatasetType,
  DimensionElement,
  DimensionGroup,
  DimensionRecord,
  PredictedDataset,
  Universe,
} from "@almagest/butler";
import { TAI_NS_MAX, TAI_NS_MIN } from "@almagest/sphere";
import { PACKAGES_TYPE } from "../run/implicit-types.ts";
import type { DimensionData } from "./dimension-data.ts";
import type { DatasetModel, PipelineGraphModel, QuantumModel } from "./graph-models.ts";
import type { GraphFile } from "./open-graph-file.ts";
import { invalidFile } from "./stored-zip.ts";

/** Turns what a graph file says of datasets into what the Butler takes for foretold ones. */
export interface DatasetPredictor {
  /** Throws `PIPELINE.QG_INVALID` for a dataset whose type or records the file lacks. */
  predict(model: DatasetModel): PredictedDataset;
  /** Completes a reference with what records imply. Throws `PIPELINE.QG_INVALID` for one whose records the file lacks. */
  complete(ref: DatasetRef): PredictedDataset;
  /** Every dataset type of the graph, by name. */
  readonly types: ReadonlyMap<string, DatasetType>;
}

type Value = DimensionRecord[string];

function decodeField(type: DimensionElement["columns"][number]["type"], value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (type === "region" || type === "hash")
    return typeof value === "string" ? Uint8Array.fromHex(value) : null;
  if (type !== "timespan") return value as Value;
  const [begin, end] = (value as readonly (number | bigint)[]).map(BigInt);
  return {
    ...(begin! <= TAI_NS_MIN ? {} : { begin: begin! }),
    ...(end! >= TAI_NS_MAX ? {} : { end: end! }),
  };
}

function decodeRow({ columns }: DimensionElement, row: readonly unknown[]): DimensionRecord {
  return Object.fromEntries(columns.map(({ name, type }, i) => [name, decodeField(type, row[i])]));
}

function readRecords(
  data: DimensionData,
  universe: Universe,
): ReadonlyMap<string, ReadonlyMap<string, DimensionRecord>> {
  const tables = new Map<string, Map<string, DimensionRecord>>();
  for (const [name, rows] of Object.entries(data)) {
    const element = universe.element(name);
    if (!element.hasTable || element.columns.length === 0) continue;
    const byKey = rows.map((row): [string, DimensionRecord] => [
      row.slice(0, element.required.length).join("\u0001"),
      decodeRow(element, row),
    ]);
    tables.set(name, new Map(byKey));
  }
  return tables;
}

function readTypes(pipeline: PipelineGraphModel): ReadonlyMap<string, DatasetType> {
  const types = new Map([[PACKAGES_TYPE.name, PACKAGES_TYPE]]);
  for (const [name, { dimensions, storage_class, is_calibration }] of Object.entries(
    pipeline.dataset_types,
  )) {
    if (dimensions === null || storage_class === null) continue;
    types.set(name, { name, dimensions, storageClass: storage_class, isCalibration: is_calibration });
  }
  return types;
}

/** Reads the dataset types and dimension records of a graph file. Throws `PIPELINE.QG_INVALID`. */
export async function createDatasetPredictor(file: GraphFile, universe: Universe): Promise<DatasetPredictor> {
  const types = readTypes(await file.readPipeline());
  const tables = readRecords(await file.readDimensionData(), universe);
  const recordsOf = (dataId: DataId, group: DimensionGroup): Record<string, DimensionRecord> => {
    const records: Record<string, DimensionRecord> = {};
    for (const name of group.elements) {
      const { required } = universe.element(name);
      const record = tables.get(name)?.get(required.map((dimension) => dataId[dimension]).join("\u0001"));
      if (record !== undefined) records[name] = record;
    }
    return records;
  };
  /** Values of dimensions in an order in which each is known when it is needed. */
  const impliedBy = (dataId: DataId, group: DimensionGroup): DataId => {
    const full: Record<string, DataIdValue> = { ...dataId };
    const waiting = new Set(group.elements);
    for (let before = -1; waiting.size !== before; ) {
      before = waiting.size;
      for (const name of waiting) {
        const { required, implied } = universe.element(name);
        if (required.some((dimension) => full[dimension] === undefined)) continue;
        waiting.delete(name);
        const record = tables.get(name)?.get(required.map((dimension) => full[dimension]).join("\u0001"));
        for (const dimension of implied) {
          const value = record?.[dimension] as DataIdValue | undefined;
          if (value !== undefined) full[dimension] = value;
        }
      }
    }
    return full;
  };
  return {
    types,
    complete(ref) {
      const group = universe.completeGroup(ref.datasetType.dimensions);
      const full = impliedBy(ref.dataId, group);
      const unknown = group.implied.find((name) => full[name] === undefined);
      if (unknown !== undefined) {
        throw invalidFile(
          file.path,
          `it does not tell the ${unknown} of '${ref.datasetType.name}' ${JSON.stringify(ref.dataId)}`,
        );
      }
      const dataId = Object.fromEntries(
        [...group.required, ...group.implied].map((name) => [name, full[name]!]),
      );
      return { ref, dataId, records: recordsOf(dataId, group) };
    },
    predict({ dataset_id: id, dataset_type_name: name, data_coordinate, run }) {
      const datasetType = types.get(name);
      if (datasetType === undefined) throw invalidFile(file.path, `it has no dataset type '${name}'`);
      const group = universe.completeGroup(datasetType.dimensions);
      const names = [...group.required, ...group.implied];
      if (data_coordinate.length !== names.length) {
        throw invalidFile(file.path, `dataset ${id} has ${data_coordinate.length} of ${names.length} values`);
      }
      const dataId: DataId = Object.fromEntries(names.map((each, i) => [each, data_coordinate[i]!]));
      const required = Object.fromEntries(group.required.map((each) => [each, dataId[each]!]));
      const records = recordsOf(dataId, group);
      return { ref: { id, datasetType, dataId: required, run }, dataId, records };
    },
  };
}

/** Every dataset that quanta of a graph file are to make, those made once for the run among them, in pages of quanta. Throws
 * `PIPELINE.QG_INVALID`. */
export async function* predictOutputs(
  file: GraphFile,
  universe: Universe,
): AsyncGenerator<PredictedDataset[]> {
  const predictor = await createDatasetPredictor(file, universe);
  const outputsOf = ({ outputs }: QuantumModel): PredictedDataset[] =>
    Object.values(outputs).flatMap((models) => models.map((model) => predictor.predict(model)));
  let page = (await file.readInitQuanta()).flatMap(outputsOf);
  for await (const quantum of file.readQuanta()) {
    page.push(...outputsOf(quantum));
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

const PAGE = 10_000;
