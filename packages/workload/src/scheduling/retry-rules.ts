import type { Failure } from "../core/attempt-state.ts";
import type { ResourceRequest } from "./resources.ts";

/** What a rule does with a failure. */
export type RetryAction =
  | "no_retry"
  | "retry"
  | "limit_retry"
  | "increase_memory"
  | "increase_memory_xtimes"
  | "increase_walltime";

/** One line of the table: the first that fits decides. */
export interface RetryRule {
  readonly source?: Failure["source"];
  readonly code?: number;
  /** A regular expression on the failure's text. */
  readonly pattern?: string;
  readonly action: RetryAction;
  /** `limit_retry`: at most so many attempts; the others raise a request at most to so much (MB, s). */
  readonly limit?: number;
  /** `…_xtimes` and `increase_walltime`: by this factor; 2 unless told. */
  readonly factor?: number;
}

/** The rules that hold when none were set. Codes are the pilot's: 1212 memory, 1213 walltime, 1150 looping. */
export const DEFAULT_RETRY_RULES: readonly RetryRule[] = [
  { source: "pilot", code: 1212, action: "increase_memory_xtimes", limit: 512_000 },
  { source: "pilot", code: 1223, action: "increase_memory_xtimes", limit: 512_000 },
  {
    pattern: "out[- ]of[- ]memory|OOM|Cannot allocate memory|MemoryError",
    action: "increase_memory_xtimes",
    limit: 512_000,
  },
  { source: "pilot", code: 1213, action: "increase_walltime", limit: 604_800 },
  { source: "pilot", code: 1150, action: "limit_retry", limit: 2 },
  { source: "taskbuffer", code: 300, action: "no_retry" },
  { action: "retry" },
];

/** What is done about a failure: `request` when the job is to be tried again, and the rule's number for the record. */
export interface RetryDecision {
  readonly request: ResourceRequest | undefined;
  readonly boosted: boolean;
  readonly rule: number;
}

const MEMORY_STEPS_MB = [1000, 2000, 3000, 4000, 6000, 8000];

/** PanDA's next step of memory per core; beyond the last step, half as much again. */
function nextMemoryStep(request: ResourceRequest): number {
  const perCore = request.memoryMb / request.cores;
  return (MEMORY_STEPS_MB.find((step) => step > perCore) ?? Math.ceil(perCore * 1.5)) * request.cores;
}

function fits(rule: RetryRule, failure: Failure): boolean {
  if (rule.source !== undefined && rule.source !== failure.source) return false;
  if (rule.code !== undefined && rule.code !== failure.code) return false;
  return rule.pattern === undefined || new RegExp(rule.pattern, "i").test(failure.text);
}

/** Decides on a failure by the first rule that fits; `failures` counts this one. Without a rule that fits, or beyond
 * `maxAttempts`, the job has failed. A request that a rule would raise and its limit forbids fails too. */
export function decideRetry(
  rules: readonly RetryRule[],
  failure: Failure,
  request: ResourceRequest,
  failures: number,
  maxAttempts: number,
): RetryDecision {
  const index = rules.findIndex((rule) => fits(rule, failure));
  const stop: RetryDecision = { request: undefined, boosted: false, rule: index };
  const rule = rules[index];
  if (rule === undefined || rule.action === "no_retry" || failures >= maxAttempts) return stop;
  const limit = rule.limit ?? Number.POSITIVE_INFINITY;
  const again = (changes: Partial<ResourceRequest>): RetryDecision => ({
    request: { ...request, ...changes },
    boosted: Object.keys(changes).length > 0,
    rule: index,
  });
  switch (rule.action) {
    case "limit_retry":
      return failures >= limit ? stop : again({});
    case "increase_memory":
    case "increase_memory_xtimes": {
      if (request.memoryMb >= limit) return stop;
      const wish =
        rule.action === "increase_memory"
          ? nextMemoryStep(request)
          : Math.ceil(request.memoryMb * (rule.factor ?? 2));
      return again({ memoryMb: Math.min(limit, wish) });
    }
    case "increase_walltime":
      if (request.wallSec >= limit) return stop;
      return again({ wallSec: Math.min(limit, Math.ceil(request.wallSec * (rule.factor ?? 2))) });
    default:
      return again({});
  }
}
