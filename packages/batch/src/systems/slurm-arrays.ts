import type { WorkflowJob } from "../workflow/generic-workflow.ts";

/** What jobs of one array wait for. */
export type Dependency =
  | { readonly kind: "none" }
  /** Element i waits for element i of another array, whose jobs are `parents`. */
  | { readonly kind: "each"; readonly parents: readonly string[] }
  /** All wait for all of `parents`; with `wholeArrays` these are all elements of their arrays. */
  | { readonly kind: "all"; readonly parents: readonly string[]; readonly wholeArrays: boolean };

/** Jobs submitted by one call. */
export interface JobArray {
  readonly name: string;
  readonly jobs: readonly WorkflowJob[];
  readonly dependency: Dependency;
}

/** Slurm's own default of MaxArraySize is 1001. */
const LARGEST = 1000;

/**
 * Groups jobs (in running order) into arrays: same label, same resources, and the same parents or each its own element of
 * one earlier array. Parents that are not among the jobs have succeeded and are left out.
 */
export function groupIntoArrays(jobs: readonly WorkflowJob[]): JobArray[] {
  const placeOf = new Map<string, { array: number; index: number }>();
  const arrays: JobArray[] = [];
  const names = new Set(jobs.map(({ name }) => name));
  const parentsOf = (job: WorkflowJob): string[] => job.parents.filter((parent) => names.has(parent));
  const add = (members: readonly WorkflowJob[], dependency: Dependency): void => {
    for (const [index, job] of members.entries()) placeOf.set(job.name, { array: arrays.length, index });
    arrays.push({
      name: `${String(arrays.length).padStart(4, "0")}_${members[0]!.label}`,
      jobs: members,
      dependency,
    });
  };
  for (const group of inLevels(jobs, parentsOf)) {
    const byKey = new Map<string, WorkflowJob[]>();
    for (const job of group) {
      const parents = parentsOf(job);
      const place = parents.length === 1 ? placeOf.get(parents[0]!) : undefined;
      const shape = place ? `each ${place.array}` : `all ${JSON.stringify(parents)}`;
      const key = `${shape} ${JSON.stringify([job.label, job.resources])}`;
      byKey.set(key, [...(byKey.get(key) ?? []), job]);
    }
    for (const members of byKey.values()) {
      for (let at = 0; at < members.length; at += LARGEST) {
        const slice = members.slice(at, at + LARGEST);
        for (const [each, dependency] of dependencies(slice, parentsOf, placeOf, arrays))
          add(each, dependency);
      }
    }
  }
  return arrays;
}

function dependencies(
  members: readonly WorkflowJob[],
  parentsOf: (job: WorkflowJob) => string[],
  placeOf: ReadonlyMap<string, { array: number; index: number }>,
  arrays: readonly JobArray[],
): [jobs: readonly WorkflowJob[], dependency: Dependency][] {
  const first = parentsOf(members[0]!);
  if (first.length === 0) return [[members, { kind: "none" }]];
  const place = first.length === 1 ? placeOf.get(first[0]!) : undefined;
  if (place) {
    const parent = arrays[place.array]!;
    const ordered = [...members].sort(
      (a, b) => placeOf.get(parentsOf(a)[0]!)!.index - placeOf.get(parentsOf(b)[0]!)!.index,
    );
    const onto = ordered.every((job, i) => placeOf.get(parentsOf(job)[0]!)!.index === i);
    if (onto && ordered.length === parent.jobs.length && ordered.length > 1) {
      return [[ordered, { kind: "each", parents: parent.jobs.map(({ name }) => name) }]];
    }
    return ordered.map((job) => [[job], { kind: "all", parents: parentsOf(job), wholeArrays: false }]);
  }
  const counts = new Map<number, number>();
  for (const parent of first) {
    const { array } = placeOf.get(parent)!;
    counts.set(array, (counts.get(array) ?? 0) + 1);
  }
  const wholeArrays = [...counts].every(([array, count]) => arrays[array]!.jobs.length === count);
  return [[members, { kind: "all", parents: first, wholeArrays }]];
}

/** Jobs by their distance from the start, so that parents are submitted first. */
function inLevels(jobs: readonly WorkflowJob[], parentsOf: (job: WorkflowJob) => string[]): WorkflowJob[][] {
  const levelOf = new Map<string, number>();
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const level = (job: WorkflowJob): number => {
    const known = levelOf.get(job.name);
    if (known !== undefined) return known;
    const value = 1 + Math.max(-1, ...parentsOf(job).map((parent) => level(byName.get(parent)!)));
    levelOf.set(job.name, value);
    return value;
  };
  const levels: WorkflowJob[][] = [];
  for (const job of jobs) {
    const at = level(job);
    levels[at] ??= [];
    levels[at].push(job);
  }
  return levels;
}
