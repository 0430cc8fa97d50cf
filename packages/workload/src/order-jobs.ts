import { AlmagestError } from "@almagest/base";
import type { JobSpec } from "./workflow-spec.ts";

/** A job whose parents are named, in any order. */
export interface NamedJob extends Omit<JobSpec, "parents" | "afterEnd"> {
  readonly parents?: readonly string[];
  readonly afterEnd?: readonly string[];
}

/** Puts named jobs in an order with parents first and names replaced by numbers; jobs that could go either way keep the
 * order given. Throws `WORKLOAD.WORKFLOW_INVALID` for an unknown or doubled name, `WORKLOAD.GRAPH_CYCLE`. */
export function orderJobs(jobs: readonly NamedJob[]): JobSpec[] {
  const numbers = new Map<string, number>();
  jobs.forEach(({ name }, index) => {
    if (numbers.has(name)) throw invalid(`two jobs are called ${name}`, name);
    numbers.set(name, index);
  });
  const numberOf = (parent: string, job: string): number => {
    const number = numbers.get(parent);
    if (number === undefined) throw invalid(`job ${job} has an unknown parent ${parent}`, job);
    return number;
  };
  const parents = jobs.map((job) => (job.parents ?? []).map((name) => numberOf(name, job.name)));
  const afterEnd = jobs.map((job) => (job.afterEnd ?? []).map((name) => numberOf(name, job.name)));
  const children: number[][] = jobs.map(() => []);
  const waiting = jobs.map((_, index) => {
    const before = [...parents[index]!, ...afterEnd[index]!];
    for (const parent of before) children[parent]!.push(index);
    return before.length;
  });
  const order: number[] = [];
  for (let index = 0; index < jobs.length; index++) if (waiting[index] === 0) order.push(index);
  for (let next = 0; next < order.length; next++) {
    for (const child of children[order[next]!]!) if (--waiting[child]! === 0) order.push(child);
  }
  if (order.length < jobs.length) {
    const stuck = jobs.filter((_, index) => waiting[index]! > 0).map(({ name }) => name);
    throw new AlmagestError(
      "WORKLOAD.GRAPH_CYCLE",
      `Jobs wait for each other in a circle: ${stuck.slice(0, 5).join(", ")}.`,
      {
        fields: { jobs: stuck.slice(0, 100) },
      },
    );
  }
  const place: number[] = [];
  order.forEach((index, ordinal) => {
    place[index] = ordinal;
  });
  return order.map((index) => ({
    ...jobs[index]!,
    parents: parents[index]!.map((parent) => place[parent]!),
    afterEnd: afterEnd[index]!.map((parent) => place[parent]!),
  }));
}

function invalid(why: string, job: string): AlmagestError {
  return new AlmagestError("WORKLOAD.WORKFLOW_INVALID", `The workflow cannot be accepted: ${why}.`, {
    fields: { job },
  });
}
