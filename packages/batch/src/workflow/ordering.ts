import { AlmagestError } from "@almagest/base";
import { findCycle } from "../cluster/find-cycle.ts";
import type { ConfigTree } from "../config/config-tree.ts";
import type { JobResources } from "../config/job-resources.ts";
import type { WorkflowJob } from "./generic-workflow.ts";
import { invalidOrdering, type OrderedGroup, readOrderedGroups } from "./ordered-groups.ts";

/**
 * Puts the order that the `ordering` section asks for between jobs: per entry, jobs of its labels are grouped by its
 * dimensions, and the groups run one after another. As in the original, `implementation: noop` lets the first jobs of a group
 * wait for the last of the one before; `group` (the default) makes the group one node, which waits as a whole and is waited
 * for as a whole, and a failure in it stops the next only with `blocking`. Jobs without quanta stand for the seams.
 * Throws `BATCH.CONFIG_INVALID`, `BATCH.CLUSTER_CYCLE`.
 */
export function orderJobs(
  jobs: readonly WorkflowJob[],
  ordering: ConfigTree,
  resources: JobResources,
): WorkflowJob[] {
  const sections = Object.entries(ordering).map(([label, section]) =>
    readOrderedGroups(jobs, label, section),
  );
  const owner = new Map<string, string>();
  for (const groups of sections) {
    for (const { label, members } of groups) {
      for (const name of members) {
        if (owner.has(name) && owner.get(name) !== label) {
          throw invalidOrdering(
            label,
            `job ${name} is in '${owner.get(name)}' too; a label may be in one only.`,
          );
        }
        owner.set(name, label);
      }
    }
  }
  const parentsOf = new Map(jobs.map(({ name, parents }) => [name, new Set(parents)]));
  const seams = new Map<string, WorkflowJob>();
  const addSeam = (name: string, group: OrderedGroup, parents: Iterable<string>): void => {
    const seam = { name, label: group.label, tags: {}, quanta: [], resources, folder: group.label };
    seams.set(name, { ...seam, parents: [], kind: "NOOP", blocking: group.blocking });
    parentsOf.set(name, new Set(parents));
  };
  for (const groups of sections) {
    for (const [position, group] of groups.entries()) {
      const before = groups[position - 1];
      if (group.kind === "noop") orderByNoop(parentsOf, addSeam, before, group);
      else orderByGroup(parentsOf, addSeam, before, group);
    }
  }
  return sortJobs([...jobs, ...seams.values()], parentsOf, seams);
}

type AddSeam = (name: string, group: OrderedGroup, parents: Iterable<string>) => void;
type Parents = Map<string, Set<string>>;

function orderByNoop(
  parentsOf: Parents,
  addSeam: AddSeam,
  before: OrderedGroup | undefined,
  group: OrderedGroup,
): void {
  if (before === undefined) return;
  addSeam(before.name, before, lastOf(parentsOf, before.members));
  for (const name of firstOf(parentsOf, group.members)) parentsOf.get(name)!.add(before.name);
}

const endOf = (group: OrderedGroup): string => `${group.name}_end`;

function orderByGroup(
  parentsOf: Parents,
  addSeam: AddSeam,
  before: OrderedGroup | undefined,
  group: OrderedGroup,
): void {
  const { members } = group;
  const [first, last] = [firstOf(parentsOf, members), lastOf(parentsOf, members)];
  const outside = new Set<string>(before ? [endOf(before)] : []);
  for (const name of members) {
    const parents = parentsOf.get(name)!;
    for (const parent of parents) {
      if (members.has(parent)) continue;
      outside.add(parent);
      parents.delete(parent);
    }
  }
  for (const [name, parents] of parentsOf) {
    if (members.has(name)) continue;
    const inside = [...parents].filter((parent) => members.has(parent));
    for (const parent of inside) parents.delete(parent);
    if (inside.length > 0) parents.add(endOf(group));
  }
  // What fails outside concerns only what reads it; a blocked seam blocks this one whatever is said here.
  addSeam(group.name, { ...group, blocking: false }, outside);
  for (const name of first) parentsOf.get(name)!.add(group.name);
  addSeam(endOf(group), group, last);
}

/** Members that wait for no other member. */
function firstOf(parentsOf: Parents, members: ReadonlySet<string>): string[] {
  return [...members].filter(
    (name) =>
      !parentsOf
        .get(name)!
        .keys()
        .some((parent) => members.has(parent)),
  );
}

/** Members that no other member waits for. */
function lastOf(parentsOf: Parents, members: ReadonlySet<string>): string[] {
  const awaited = new Set([...members].flatMap((name) => [...parentsOf.get(name)!]));
  return [...members].filter((name) => !awaited.has(name));
}

/** Parents before their children, else as they were. */
function sortJobs(
  jobs: readonly WorkflowJob[],
  parentsOf: Parents,
  seams: ReadonlyMap<string, unknown>,
): WorkflowJob[] {
  const cycle = findCycle([...parentsOf.keys()], (name) => parentsOf.get(name)!);
  if (cycle) {
    const message = `By the ordering, jobs would wait for each other: ${[...cycle].reverse().join(" → ")}.`;
    throw new AlmagestError("BATCH.CLUSTER_CYCLE", message, { fields: { names: cycle } });
  }
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const sorted = new Map<string, WorkflowJob>();
  // With a stack of its own: chains of groups may be longer than calls can nest.
  for (const job of jobs) {
    const stack = [job.name];
    while (stack.length > 0) {
      const name = stack.at(-1)!;
      const open = sorted.has(name) ? [] : [...parentsOf.get(name)!].filter((parent) => !sorted.has(parent));
      if (open.length > 0) stack.push(...open);
      else {
        stack.pop();
        if (sorted.has(name)) continue;
        const parents = [...parentsOf.get(name)!];
        const behind = parents.filter((parent) => seams.has(parent));
        sorted.set(name, { ...byName.get(name)!, parents, ...(behind.length > 0 ? { seams: behind } : {}) });
      }
    }
  }
  return [...sorted.values()];
}
