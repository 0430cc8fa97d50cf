import type { StackInput, StackOptions, StackOutput } from "../stack-clipped.ts";

const f = Math.fround;
const IQR_TO_SIGMA = f(0.7413);

/** The values of one pixel that are still in the running. */
interface Column {
  readonly values: Float32Array;
  readonly variances: Float32Array;
  readonly weights: Float32Array;
  readonly kept: Uint8Array;
}

/** Unweighted mean and standard deviation of what is kept, summed in input order. */
function keptMoments({ values, kept }: Column, n: number, count: number): [mean: number, sigma: number] {
  let sum = 0;
  for (let i = 0; i < n; i++) if (kept[i]) sum = f(sum + values[i]!);
  const mean = f(sum / count);
  let squares = 0;
  for (let i = 0; i < n; i++) {
    if (!kept[i]) continue;
    const d = f(values[i]! - mean);
    squares = f(squares + f(d * d));
  }
  return [mean, f(Math.sqrt(f(squares / count)))];
}

/** Median and quartile-based deviation of what is kept. */
function keptQuartiles({ values, kept }: Column, count: number): [median: number, sigma: number] {
  const sorted = values.filter((_, i) => kept[i]).sort();
  const median = f(f(sorted[(count - 1) >> 1]! + sorted[count >> 1]!) * 0.5);
  return [median, f(IQR_TO_SIGMA * f(sorted[(3 * count) >> 2]! - sorted[count >> 2]!))];
}

/** The plain twin of `stackClipped`. */
export function stackClippedPlain(
  inputs: readonly StackInput[],
  output: StackOutput,
  options: StackOptions,
): void {
  const { badBits, iterations = 2, minCount = 3, clippedBits = 0, noDataBits = 0 } = options;
  const n = inputs.length;
  const clip = f(options.clipSigma);
  const rounds = clip > 0 ? iterations : 0;
  const byVariance = (options.deviation ?? "variance") === "variance" && inputs.every((i) => i.variance);
  const tolerance = f(options.tolerance ?? 0);
  const fill = options.fill ?? Number.NaN;
  const column: Column = {
    values: new Float32Array(n),
    variances: new Float32Array(n),
    weights: new Float32Array(n),
    kept: new Uint8Array(n),
  };
  const { values, variances, weights, kept } = column;
  const survives = new Uint8Array(n);
  for (let p = 0; p < output.image.length; p++) {
    let count = 0;
    for (let i = 0; i < n; i++) {
      const input = inputs[i]!;
      const value = f(input.image[p]! + 0);
      const variance = input.variance ? input.variance[p]! : 1;
      const good =
        (input.mask ? input.mask[p]! & badBits : 0) === 0 &&
        Number.isFinite(value) &&
        variance > 0 &&
        Number.isFinite(variance);
      const weight = f(input.weight ?? 1);
      values[i] = good ? value : 0;
      variances[i] = variance;
      weights[i] = options.inverseVariance ? f(weight / variance) : weight;
      kept[i] = good ? 1 : 0;
      count += kept[i]!;
    }
    const found = count;
    for (let round = 0; round < rounds && count >= minCount; round++) {
      const [centre, spread] = round === 0 ? keptQuartiles(column, count) : keptMoments(column, n, count);
      const soft = f(tolerance * centre);
      const soft2 = f(soft * soft);
      let next = 0;
      for (let i = 0; i < n; i++) {
        const own = byVariance ? variances[i]! : f(spread * spread);
        const limit = f(clip * f(Math.sqrt(f(own + soft2))));
        const out = limit > 0 && f(Math.abs(f(values[i]! - centre))) > limit;
        survives[i] = kept[i] && !out ? 1 : 0;
        next += survives[i]!;
      }
      if (next === count || next === 0) break;
      kept.set(survives);
      count = next;
    }
    let sum = 0;
    let total = 0;
    let noise = 0;
    let bits = count < found ? clippedBits : 0;
    for (let i = 0; i < n; i++) {
      if (!kept[i]) continue;
      const w = weights[i]!;
      sum = f(sum + f(w * values[i]!));
      total = f(total + w);
      noise = f(noise + f(f(w * w) * variances[i]!));
      bits |= inputs[i]!.mask ? inputs[i]!.mask![p]! : 0;
    }
    const some = count > 0 && total > 0;
    output.image[p] = some ? f(sum / total) : fill;
    if (output.variance) output.variance[p] = some ? f(noise / f(total * total)) : fill;
    if (output.count) output.count[p] = some ? count : 0;
    if (output.mask) output.mask[p] = some ? bits : bits | noDataBits;
  }
}
