import { type Block, openArena } from "../engine/arena.ts";
import type { StackInput, StackOptions, StackOutput } from "../stack-clipped.ts";

const CHUNK = 4096;
/** Scratch vectors: six columns of up to 64 inputs. */
const SCRATCH_FLOATS = 6 * 64 * 4;

/** Comparators of Batcher's odd–even merge sort of n elements (Knuth, TAOCP 3, 5.3.4), as byte offsets of vectors. */
export function sortingPairs(n: number): Uint16Array {
  const pairs: number[] = [];
  for (let p = 1; p < n; p *= 2) {
    for (let k = p; k >= 1; k >>= 1) {
      for (let j = k % p; j + k < n; j += 2 * k) {
        for (let i = 0; i < Math.min(k, n - j - k); i++) {
          const same = Math.floor((i + j) / (2 * p)) === Math.floor((i + j + k) / (2 * p));
          if (same) pairs.push((i + j) * 16, (i + j + k) * 16);
        }
      }
    }
  }
  return Uint16Array.from(pairs);
}

interface PlacedInput {
  readonly image: Block<Float32Array>;
  readonly variance: Block<Float32Array> | undefined;
  readonly mask: Block<Uint32Array> | undefined;
}

/** The fast `stackClipped`: chunks of all inputs side by side in the module's memory. */
export function stackClippedChunks(
  inputs: readonly StackInput[],
  output: StackOutput,
  options: StackOptions,
): void {
  const n = inputs.length;
  const size = output.image.length;
  const arena = openArena((n * 3 + 4) * CHUNK * 4 + SCRATCH_FLOATS * 4 + n * 16 + 8192, n * 3 + 16);
  const pairs = sortingPairs(n);
  const network = arena.words(Math.ceil(pairs.length / 2));
  new Uint16Array(network.view.buffer, network.at, pairs.length).set(pairs);
  const scratch = arena.floats(SCRATCH_FLOATS);
  const table = arena.words(n * 4);
  const weights = new Float32Array(table.view.buffer, table.at, n * 4);
  const placed = inputs.map((input, i): PlacedInput => {
    const image = arena.floats(CHUNK);
    const variance = input.variance && arena.floats(CHUNK);
    const mask = input.mask && arena.words(CHUNK);
    table.view.set([image.at, variance?.at ?? 0, mask?.at ?? 0], i * 4);
    weights[i * 4 + 3] = input.weight ?? 1;
    return { image, variance, mask };
  });
  const outImage = arena.floats(CHUNK);
  const outVariance = arena.floats(CHUNK);
  const outCount = arena.integers(CHUNK);
  const outMask = arena.words(CHUNK);
  const byVariance = (options.deviation ?? "variance") === "variance" && inputs.every((i) => i.variance);
  for (let start = 0; start < size; start += CHUNK) {
    const count = Math.min(CHUNK, size - start);
    const end = start + count;
    placed.forEach(({ image, variance, mask }, i) => {
      const input = inputs[i]!;
      image.view.set(input.image.subarray(start, end));
      variance?.view.set(input.variance!.subarray(start, end));
      mask?.view.set(input.mask!.subarray(start, end));
    });
    arena.kernels.stackChunk(
      table.at,
      n,
      Math.ceil(count / 4) * 16,
      scratch.at,
      network.at,
      pairs.length / 2,
      options.badBits,
      options.clipSigma,
      options.clipSigma > 0 ? (options.iterations ?? 2) : 0,
      byVariance ? 1 : 0,
      options.inverseVariance ? 1 : 0,
      options.tolerance ?? 0,
      options.minCount ?? 3,
      options.clippedBits ?? 0,
      options.noDataBits ?? 0,
      options.fill ?? Number.NaN,
      outImage.at,
      outVariance.at,
      outCount.at,
      outMask.at,
    );
    output.image.set(outImage.view.subarray(0, count), start);
    output.variance?.set(outVariance.view.subarray(0, count), start);
    output.count?.set(outCount.view.subarray(0, count), start);
    output.mask?.set(outMask.view.subarray(0, count), start);
  }
}
