import type { ResourceRequest } from "./resources.ts";

/** Measured use of one task label: counts in bins that grow by 10 %, so that it stays small for ever. */
export interface LearnedUse {
  readonly label: string;
  /** Counts by bin of memory in MB; bin b holds values from 1.1^b to 1.1^(b+1). */
  readonly memoryBins: Readonly<Record<number, number>>;
  /** Counts by bin of wall time in seconds. */
  readonly wallBins: Readonly<Record<number, number>>;
}

/** How much of what was measured a request must cover, the margin on top, and how many samples it takes. */
export interface LearnPolicy {
  readonly quantile: number;
  readonly memoryMargin: number;
  readonly wallMargin: number;
  readonly minSamples: number;
}

/** 98 % of jobs fit, memory with a quarter to spare, time threefold (machines differ more in speed than in memory). */
export const DEFAULT_LEARN_POLICY: LearnPolicy = {
  quantile: 0.98,
  memoryMargin: 1.25,
  wallMargin: 3,
  minSamples: 10,
};

const GROWTH = Math.log(1.1);

const binOf = (value: number): number => Math.max(0, Math.ceil(Math.log(Math.max(value, 1)) / GROWTH));
const edgeOf = (bin: number): number => Math.exp(bin * GROWTH);

/** Nothing known of a label. */
export function createLearnedUse(label: string): LearnedUse {
  return { label, memoryBins: {}, wallBins: {} };
}

function count(bins: Readonly<Record<number, number>>, value: number): Readonly<Record<number, number>> {
  const bin = binOf(value);
  return { ...bins, [bin]: (bins[bin] ?? 0) + 1 };
}

/** With one more finished attempt. Memory that was not measured (0 MB) teaches nothing about memory. */
export function learnUse(use: LearnedUse, memoryMb: number, wallSec: number): LearnedUse {
  return {
    label: use.label,
    memoryBins: memoryMb > 0 ? count(use.memoryBins, memoryMb) : use.memoryBins,
    wallBins: count(use.wallBins, wallSec),
  };
}

/** The value that `fraction` of the samples do not exceed; undefined while there are too few. */
function quantile(bins: Readonly<Record<number, number>>, policy: LearnPolicy): number | undefined {
  const samples = Object.values(bins).reduce((sum, number) => sum + number, 0);
  if (samples < policy.minSamples) return undefined;
  let seen = 0;
  let edge = 0;
  // Integer keys come in ascending order.
  for (const [bin, number] of Object.entries(bins)) {
    seen += number;
    edge = edgeOf(Number(bin));
    if (seen >= policy.quantile * samples) break;
  }
  return edge;
}

/** The middle of the wall times seen for a label, in seconds; undefined while there are too few. */
export function typicalWallSec(use: LearnedUse | undefined): number | undefined {
  return use === undefined ? undefined : quantile(use.wallBins, { ...DEFAULT_LEARN_POLICY, quantile: 0.5 });
}

/** The mean wall time of a label, in seconds, good to a few per cent; undefined before the first was seen. */
export function meanWallSec(use: LearnedUse | undefined): number | undefined {
  let samples = 0;
  let sum = 0;
  for (const [bin, number] of Object.entries(use?.wallBins ?? {})) {
    samples += number;
    sum += number * edgeOf(Number(bin) - 0.5);
  }
  return samples === 0 ? undefined : sum / samples;
}

/** The wall time, in seconds, beyond which an attempt is a straggler: three times what 95 % of its label take. */
export function stragglerWallSec(use: LearnedUse | undefined): number | undefined {
  const common = use && quantile(use.wallBins, { ...DEFAULT_LEARN_POLICY, quantile: 0.95 });
  return common === undefined ? undefined : Math.max(60, 3 * common);
}

/** The request to broker by: what the label was seen to need once enough is known, else what was asked. */
export function predictRequest(
  request: ResourceRequest,
  use: LearnedUse | undefined,
  policy: LearnPolicy = DEFAULT_LEARN_POLICY,
): ResourceRequest {
  if (use === undefined) return request;
  const memoryMb = quantile(use.memoryBins, policy);
  const wallSec = quantile(use.wallBins, policy);
  return {
    ...request,
    memoryMb: memoryMb === undefined ? request.memoryMb : Math.ceil(memoryMb * policy.memoryMargin),
    wallSec: wallSec === undefined ? request.wallSec : Math.max(60, Math.ceil(wallSec * policy.wallMargin)),
  };
}
