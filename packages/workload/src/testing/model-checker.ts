import { isAttemptOver } from "../core/attempt-state.ts";
import { modelMoves } from "./model-moves.ts";
import { brokenPromise } from "./model-promises.ts";
import { createModelState, type Model, type ModelState } from "./model-state.ts";

/**
 * Walks every state reachable by any order of: brokerage, dispatch, any report of any attempt ever made (so late,
 * doubled and zombie ones too), lost heartbeats, stragglers raced, returns to brokerage, confirmation, a user's cancel and retry.
 * The transition function is the manager's own `settle`. Throws with a trace when a promise is broken; gives the number of states.
 */
export function checkModel(model: Model): { readonly states: number } {
  const start = createModelState(model);
  const seen = new Map<string, { readonly from: string | undefined; readonly by: string }>();
  const queue: ModelState[] = [start];
  seen.set(key(start), { from: undefined, by: "start" });
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head]!;
    const from = key(state);
    for (const { name: by, next } of modelMoves(model, state)) {
      const to = key(next);
      if (seen.has(to)) continue;
      seen.set(to, { from, by });
      const broken = brokenPromise(model, state, next);
      if (broken !== undefined) throw new Error(`${broken}; ${trace(seen, to)}`);
      queue.push(next);
    }
    queue[head] = undefined as never;
  }
  return { states: seen.size };
}

/**
 * States that cannot be told apart by anything that happens later have one key: the order in which attempts were made
 * and how an ended one ended do not matter (that ended attempts are inert is checked by telling them everything anyway).
 */
function key(state: ModelState): string {
  let text = `${state.userRetries} ${state.speculations}`;
  for (const job of state.jobs) {
    const own = state.attempts.filter(({ jobId }) => jobId === job.id);
    const live = own
      .filter((attempt) => !isAttemptOver(attempt))
      .map(({ id, status }) => status + (id === job.attemptId ? "+" : id === job.spareId ? "*" : "-"))
      .sort();
    const finished = own.filter(({ status }) => status === "finished").length;
    text += `|${job.status} ${job.waiting} ${job.failures} ${job.tries} ${live} ${own.length} ${finished} ${state.successes[job.id - 1]}`;
  }
  return text;
}

function trace(seen: ReadonlyMap<string, { from: string | undefined; by: string }>, last: string): string {
  const steps: string[] = [];
  for (let at: string | undefined = last; at !== undefined; at = seen.get(at)!.from)
    steps.unshift(seen.get(at)!.by);
  return steps.join(" → ");
}
