import type { DataId, DatasetConstraint, Universe } from "@almagest/butler";
import type { DatasetTypeNode } from "../graph/pipeline-graph.ts";
import { type Adjacency, linkMembers } from "./adjacency.ts";
import { type CodedGroup, type CodedRows, encodeRows, groupRows } from "./coded-rows.ts";
import type { GraphSource } from "./graph-source.ts";
import type { PipelinePart } from "./split-pipeline.ts";

/** The bare skeleton of one part: data ids of its tasks and dataset types, and which belong together. */
export interface PartSkeleton {
  readonly part: PipelinePart;
  readonly rowCount: number;
  readonly taskRows: ReadonlyMap<string, CodedGroup>;
  readonly datasetRows: ReadonlyMap<string, CodedGroup>;
  /** Datasets of a type for each quantum of a task. */
  link(label: string, datasetType: string): Adjacency;
}

/** What narrows the data. */
export interface PartQuery {
  readonly where?: string;
  readonly dataId?: DataId;
  readonly inputs: readonly string[];
  readonly datasetQueryConstraint?: DatasetQueryConstraint;
}

/** Which overall inputs must exist for data to be considered: those that do not defer it, none, or just these types. */
export type DatasetQueryConstraint = "all" | "off" | readonly string[];

/** Asks the Butler once for all data ids of a part, and projects them onto every task and dataset type. */
export async function buildPart(
  source: GraphSource,
  part: PipelinePart,
  query: PartQuery,
): Promise<PartSkeleton> {
  const rows = await queryRows(source, part, query);
  const groups = new Map<string, CodedGroup>();
  const groupOf = (dimensions: readonly string[]): CodedGroup => {
    const { required, implied, key } = source.universe.completeGroup(dimensions);
    let group = groups.get(key);
    if (!group) {
      group = groupRows(rows, required, implied);
      groups.set(key, group);
    }
    return group;
  };
  const taskRows = new Map(part.tasks.map((task) => [task.label, groupOf(task.dimensions)]));
  const datasetRows = new Map(
    part.datasetTypes.map((type) => [type.name, groupOf(type.datasetType.dimensions)]),
  );
  const links = new Map<CodedGroup, Map<CodedGroup, Adjacency>>();
  return {
    part,
    rowCount: rows.count,
    taskRows,
    datasetRows,
    link(label, datasetType) {
      const left = taskRows.get(label)!;
      const right = datasetRows.get(datasetType)!;
      let byRight = links.get(left);
      if (!byRight) links.set(left, (byRight = new Map()));
      let adjacency = byRight.get(right);
      if (!adjacency) {
        adjacency = linkMembers(left.memberOfRow, left.count, right.memberOfRow, right.count);
        byRight.set(right, adjacency);
      }
      return adjacency;
    },
  };
}

async function queryRows(source: GraphSource, part: PipelinePart, query: PartQuery): Promise<CodedRows> {
  if (part.group.names.length === 0) return encodeRows([], [[]]);
  const constraining = constrainingTypes(part, source.universe, query.datasetQueryConstraint);
  const constraints: DatasetConstraint[] = constraining.map((type) => ({
    datasetType: type.name,
    collections: query.inputs,
  }));
  const names = constraining.map((type) => type.name);
  const registered = names.length > 0 ? await source.queryDatasetTypes(names) : [];
  if (registered.length < names.length) return encodeRows(part.group.names, []);
  const table = await source.queryDataIdTable(part.group.names, {
    ...(query.where ? { where: query.where } : {}),
    ...(query.dataId ? { dataId: query.dataId } : {}),
    datasets: constraints,
  });
  return encodeRows(table.dimensions, table.rows);
}

/** The dataset types of a part that must exist for a data id to be considered. */
export function constrainingTypes(
  part: PipelinePart,
  universe: Universe,
  asked: DatasetQueryConstraint = "all",
): DatasetTypeNode[] {
  return part.datasetTypes.filter((type) => constrains(type, universe, asked));
}

/** Datasets without dimensions cannot be joined, and calibrations are valid in time rather than present or not. */
function constrains(type: DatasetTypeNode, universe: Universe, asked: DatasetQueryConstraint): boolean {
  if (!type.isOverallInput || asked === "off") return false;
  if (asked === "all" ? !type.constrainsQuery : !asked.includes(type.name)) return false;
  if (type.datasetType.isCalibration) return false;
  return universe.completeGroup(type.datasetType.dimensions).names.length > 0;
}
