import { countStatus, QUANTUM_RUN, QUANTUM_SKIPPED, type QuantumGraph } from "../quanta/quantum-graph.ts";
import type { LabelProgress, LabelSummary } from "./run-options.ts";

/** Running counts of one label; what progress events show. */
export interface LabelCounter extends LabelProgress {
  running: number;
  succeeded: number;
  failed: number;
  blocked: number;
  seconds: number;
  longestSec: number;
  readonly caveats: Map<string, number>;
}

/** Counters of every label that has quanta, in running order. */
export function createLabelCounters(graph: QuantumGraph): LabelCounter[] {
  return graph.tasks.map((task) => {
    const skipped = countStatus(task, QUANTUM_SKIPPED);
    return {
      label: task.node.label,
      expected: countStatus(task, QUANTUM_RUN) + skipped,
      skipped,
      running: 0,
      succeeded: 0,
      failed: 0,
      blocked: 0,
      seconds: 0,
      longestSec: 0,
      caveats: new Map(),
    };
  });
}

/** The final account of a label. */
export function summarizeLabel(counter: LabelCounter): LabelSummary {
  const { label, expected, skipped, succeeded, failed, blocked, seconds, longestSec } = counter;
  return {
    label,
    expected,
    succeeded,
    skipped,
    failed,
    blocked,
    pending: expected - skipped - succeeded - failed - blocked,
    seconds,
    longestSec,
    caveats: Object.fromEntries([...counter.caveats].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
