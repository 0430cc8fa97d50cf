import type { DataId, DataIdValue } from "@almagest/butler";
import { type Cluster, type ClusterRequest, fillTemplate } from "./cluster.ts";
import { type ClusterSection, invalid, readClusterSections } from "./cluster-section.ts";
import { groupByDependency } from "./dependency.ts";
import { singleClusters } from "./single-quantum.ts";

/** Clusters as the `cluster` section says; tasks it does not name get one job per quantum. */
export function clusterByDimension(request: ClusterRequest): Cluster[] {
  const sections = readClusterSections(request);
  const taken = new Set(sections.flatMap(({ tasks }) => tasks.map(({ label }) => label)));
  const clusters = sections.flatMap((section) => sectionClusters(request, section));
  for (const task of request.nodes.tasks) {
    if (!taken.has(task.label)) clusters.push(...singleClusters(request, task));
  }
  return clusters.sort((a, b) => a.quanta[0]! - b.quanta[0]!);
}

/** Picks the values of some dimensions, taken from an equal dimension where a data id lacks one. What it gives throws
 * `BATCH.CLUSTER_INVALID`. */
function createPicker(section: ClusterSection, names: readonly string[]): (dataId: DataId) => DataId {
  const candidates = names.map((name): [string, string[]] => {
    const twins = section.equalDimensions.flatMap(([a, b]) => (a === name ? [b] : b === name ? [a] : []));
    return [name, [name, ...twins]];
  });
  return (dataId) => {
    const picked: Record<string, DataIdValue> = {};
    for (const [name, alike] of candidates) {
      const found = alike.find((each) => dataId[each] !== undefined);
      if (found === undefined) {
        const quantum = Object.keys(dataId).join(", ");
        const message = `no value of dimension '${name}' in a data id of ${quantum}; see equalDimensions.`;
        throw invalid(section.label, message);
      }
      picked[name] = dataId[found]!;
    }
    return picked;
  };
}

function sectionClusters(request: ClusterRequest, section: ClusterSection): Cluster[] {
  const { nodes } = request;
  const quanta = section.tasks.flatMap((task) =>
    Array.from({ length: task.count }, (_, i) => task.first + i),
  );
  // A group is a set of quanta that must stay together, and the data id that names it.
  const groups =
    section.findDependencyMethod === undefined
      ? quanta.map((quantum) => ({ dataId: nodes.dataId(quantum), quanta: [quantum] }))
      : groupByDependency(nodes, section, quanta);
  const pickTags = createPicker(section, section.dimensions);
  const pickPart = createPicker(section, section.partitionDimensions);
  const keyed = groups.map(({ dataId, quanta: members }) => ({
    tags: pickTags(dataId),
    part: Object.values(pickPart(dataId)),
    members,
  }));
  const partOf = partition(section, keyed);
  const made = new Map<string, { tags: DataId; part: number; members: number[] }>();
  for (const { tags, part, members } of keyed) {
    const number = partOf.size === 0 ? 0 : partOf.get(JSON.stringify(part))!;
    const key = JSON.stringify([Object.values(tags), number]);
    const cluster = made.get(key) ?? { tags, part: number, members: [] };
    cluster.members.push(...members);
    made.set(key, cluster);
  }
  const template =
    section.template ?? [section.label, ...section.dimensions.map((name) => `{${name}}`)].join("_");
  return [...made.values()].map(({ tags, part, members }) => ({
    name: fillTemplate(part > 0 ? `${template}_${String(part).padStart(3, "0")}` : template, {
      label: section.label,
      ...tags,
    }),
    label: section.label,
    tags,
    quanta: [...new Set(members)].sort((a, b) => a - b),
  }));
}

/** Divides the distinct values of the partition dimensions, in order, into runs of nearly equal size; numbers from 1. */
function partition(
  section: ClusterSection,
  members: readonly { readonly tags: DataId; readonly part: readonly DataIdValue[] }[],
): Map<string, number> {
  if (section.partitionDimensions.length === 0) return new Map();
  const clusterValues = new Set(members.map(({ tags }) => JSON.stringify(tags))).size;
  const distinct = [...new Map(members.map(({ part }) => [JSON.stringify(part), part])).values()].sort(
    compare,
  );
  let size = section.partitionMaxSize ?? 0;
  let larger = 0;
  if (section.partitionMaxClusters !== undefined) {
    const parts = Math.floor(section.partitionMaxClusters / clusterValues);
    if (parts === 0) {
      const message = `partitionMaxClusters (${section.partitionMaxClusters}) is less than its ${clusterValues} dimension values.`;
      throw invalid(section.label, message);
    }
    size = Math.floor(distinct.length / parts);
    larger = distinct.length % parts;
  }
  const numbers = new Map<string, number>();
  let number = 0;
  let room = 0;
  for (const value of distinct) {
    if (room === 0) {
      number++;
      room = number <= larger ? size + 1 : size;
    }
    numbers.set(JSON.stringify(value), number);
    room--;
  }
  return numbers;
}

function compare(a: readonly DataIdValue[], b: readonly DataIdValue[]): number {
  const i = a.findIndex((value, at) => value !== b[at]);
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1;
}
