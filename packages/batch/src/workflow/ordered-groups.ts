import { AlmagestError } from "@almagest/base";
import type { DataIdValue } from "@almagest/butler";
import { type ConfigValue, isTree } from "../config/config-tree.ts";
import { readNames } from "../config/read-names.ts";
import type { WorkflowJob } from "./generic-workflow.ts";

/** Jobs of one data id of an ordering section, in the order in which the sections' groups run. */
export interface OrderedGroup {
  readonly name: string;
  readonly label: string;
  readonly kind: "noop" | "group";
  readonly blocking: boolean;
  readonly members: ReadonlySet<string>;
}

/** The groups of one entry of the `ordering` section, in the order of their dimensions' values. Throws `BATCH.CONFIG_INVALID`. */
export function readOrderedGroups(
  jobs: readonly WorkflowJob[],
  label: string,
  section: ConfigValue,
): OrderedGroup[] {
  if (!isTree(section)) throw invalidOrdering(label, "it is no mapping.");
  const kind = section.implementation ?? "group";
  if (kind !== "noop" && kind !== "group")
    throw invalidOrdering(label, `implementation '${String(kind)}' is not known.`);
  const type = section.ordering_type ?? "sort";
  if (type !== "sort")
    throw invalidOrdering(label, `ordering_type '${String(type)}' is not known; there is sort.`);
  const [labels, dimensions] = [readNames(section.labels), readNames(section.dimensions)];
  if (labels.length === 0 || dimensions.length === 0)
    throw invalidOrdering(label, "it needs labels and dimensions.");
  const present = new Set(jobs.map((job) => job.label));
  const lost = labels.filter((name) => !present.has(name));
  if (lost.length > 0) throw invalidOrdering(label, `no job has the label ${lost.join(", ")}.`);
  const own = jobs.filter((job) => labels.includes(job.label));
  const equal = readNames(section.equalDimensions).map((pair) => pair.split(":").map((name) => name.trim()));
  const keyOf = ({ name, tags }: WorkflowJob): DataIdValue[] =>
    dimensions.map((dimension) => {
      const twins = equal.flatMap(([a, b]) => (a === dimension ? [b!] : b === dimension ? [a!] : []));
      const found = [dimension, ...twins].find((each) => tags[each] !== undefined);
      if (found === undefined)
        throw invalidOrdering(label, `job ${name} has no value of dimension '${dimension}'.`);
      return tags[found]!;
    });
  const groups = new Map<string, { key: DataIdValue[]; members: Set<string> }>();
  const put = (key: DataIdValue[], name: string): void => {
    const text = JSON.stringify(key);
    const group = groups.get(text) ?? { key, members: new Set() };
    group.members.add(name);
    groups.set(text, group);
  };
  const method = section.findDependencyMethod;
  if (method === undefined) for (const job of own) put(keyOf(job), job.name);
  else {
    if (method !== "source" && method !== "sink") {
      throw invalidOrdering(label, `findDependencyMethod must be source or sink, not '${String(method)}'.`);
    }
    for (const [leader, name] of followLeaders(own, method)) put(keyOf(leader), name);
  }
  return [...groups.values()]
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ key, members }) => ({
      name: `${kind}_${label}_${key.join("==")}`,
      label,
      kind,
      // What waits for a NOOP job runs only when all before it succeeded.
      blocking: kind === "noop" || section.blocking === true,
      members,
    }));
}

/** Each job with the first source (or sink) that it hangs on, whose dimensions count for it. Jobs are in running order. */
function followLeaders(
  jobs: readonly WorkflowJob[],
  method: "source" | "sink",
): [leader: WorkflowJob, name: string][] {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const next = new Map<string, string[]>(jobs.map(({ name }) => [name, []]));
  for (const { name, parents } of jobs) {
    for (const parent of parents) {
      if (!byName.has(parent)) continue;
      const [from, to] = method === "source" ? [parent, name] : [name, parent];
      next.get(from)!.push(to);
    }
  }
  const seen = new Set<string>();
  const found: [WorkflowJob, string][] = [];
  for (const job of method === "source" ? jobs : [...jobs].reverse()) {
    if (seen.has(job.name)) continue;
    const queue = [job.name];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      found.push([job, name]);
      queue.push(...next.get(name)!);
    }
  }
  return found;
}

function compareKeys(a: readonly DataIdValue[], b: readonly DataIdValue[]): number {
  for (const [i, value] of a.entries()) {
    if (value !== b[i]) return value < b[i]! ? -1 : 1;
  }
  return 0;
}

/** The error for an entry of the ordering section. */
export function invalidOrdering(label: string, message: string): AlmagestError {
  return new AlmagestError("BATCH.CONFIG_INVALID", `ordering '${label}': ${message}`, { fields: { label } });
}
