/** Bits of a float as an unsigned number that ascends with the float. */
function orderedKey(bits: number): number {
  return (bits ^ ((bits >> 31) | 0x80000000)) >>> 0;
}

/** First index whose running count exceeds `rank`, and the count before it. */
function findBin(counts: Uint32Array, rank: number): { bin: number; before: number } {
  let before = 0;
  let bin = 0;
  while (before + counts[bin]! <= rank) before += counts[bin++]!;
  return { bin, before };
}

/**
 * Elements of the given ranks of values[0 … n−1] without reordering them: counts the upper halves of the bits once, then the
 * lower halves of those values that share the wanted upper half. No value may be NaN; zeros come back as +0.
 */
export function selectRanksByRadix(values: Float32Array, n: number, ranks: readonly number[]): number[] {
  const bits = new Int32Array(values.buffer, values.byteOffset, n);
  const upper = new Uint32Array(65536);
  for (let i = 0; i < n; i++) upper[orderedKey(bits[i]!) >>> 16]!++;
  const key = new Uint32Array(1);
  const asFloat = new Float32Array(key.buffer);
  return ranks.map((rank) => {
    const { bin, before } = findBin(upper, rank);
    const lower = new Uint32Array(65536);
    for (let i = 0; i < n; i++) {
      const own = orderedKey(bits[i]!);
      if (own >>> 16 === bin) lower[own & 0xffff]!++;
    }
    const found = ((bin << 16) | findBin(lower, rank - before).bin) >>> 0;
    key[0] = found >>> 31 === 1 ? found ^ 0x80000000 : ~found;
    return asFloat[0]! + 0;
  });
}
