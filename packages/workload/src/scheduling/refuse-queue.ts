import type { Queue, ResourceRequest } from "./resources.ts";

/** Why a queue cannot take a class of jobs. */
export interface Refusal {
  readonly code: string;
  readonly text: string;
}

type Rule = (request: ResourceRequest, queue: Queue) => string | undefined;

const tooMuch = (what: string, asked: number, has: number, unit: string): string | undefined =>
  asked > has ? `asks ${asked} ${unit} of ${what}, the queue gives at most ${has}` : undefined;

/** The rules of brokerage, by the code that is recorded. To add one, add an entry. */
export const REFUSAL_RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["status", (_request, queue) => (queue.status === "online" ? undefined : `the queue is ${queue.status}`)],
  [
    "facility",
    ({ facility }, queue) =>
      facility === undefined || facility === queue.facility
        ? undefined
        : `pinned to facility ${facility}, the queue is at ${queue.facility}`,
  ],
  [
    "data",
    ({ inputsAt }, queue) =>
      inputsAt === undefined || inputsAt.includes(queue.facility)
        ? undefined
        : `inputs are at ${inputsAt.join(", ") || "no facility"}, not at ${queue.facility}`,
  ],
  [
    "software",
    ({ software }, queue) =>
      software === undefined || queue.software.length === 0 || queue.software.includes(software)
        ? undefined
        : `needs release ${software}, the queue has ${queue.software.join(", ")}`,
  ],
  ["cores", (request, queue) => tooMuch("cores", request.cores, queue.cores, "cores")],
  ["memory", (request, queue) => tooMuch("memory", request.memoryMb, queue.memoryMb, "MB")],
  ["walltime", (request, queue) => tooMuch("wall time", request.wallSec, queue.wallSec, "s")],
  ["disk", (request, queue) => tooMuch("disk", request.diskMb, queue.diskMb, "MB")],
  [
    "storage",
    ({ outputMb = 0 }, { storageFreeMb = Number.POSITIVE_INFINITY, facility }) =>
      outputMb > storageFreeMb
        ? `its outputs take ${outputMb} MB, the storage of ${facility} has ${storageFreeMb} MB left`
        : undefined,
  ],
]);

/** The first reason why `queue` cannot take such jobs, or undefined when it can. */
export function refuseQueue(request: ResourceRequest, queue: Queue): Refusal | undefined {
  for (const [code, rule] of REFUSAL_RULES) {
    const text = rule(request, queue);
    if (text !== undefined) return { code, text };
  }
  return undefined;
}
