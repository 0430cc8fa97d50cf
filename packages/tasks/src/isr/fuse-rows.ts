import { crosstalkSubtract } from "@almagest/kernels";
import {
  type DetectorPlanes,
  ROW_CROSSTALK,
  type RowCorrections,
  readRow,
  writeRows,
} from "./detector-rows.ts";
import type { PreparedAmplifier } from "./prepare-amplifier.ts";

/** What is taken out of the signal on the way. */
export interface FuseCorrections extends RowCorrections {
  /** `crosstalk[i][j]`: fraction of amplifier j's signal to take from amplifier i; empty for none. */
  readonly crosstalk: readonly (readonly number[])[];
  /** Pixels corrected by more are flagged CROSSTALK, electrons. */
  readonly crosstalkMaskElectrons: number;
}

/** Pixels of one amplifier that are worked on at once: all amplifiers' blocks stay in the cache. */
const BLOCK_PIXELS = 2048;

/** Rows of one amplifier while they are worked on. */
interface Block {
  readonly signal: Float32Array;
  /** The signal before crosstalk was taken out. */
  readonly before: Float32Array;
  /** Row bits (see detector-rows.ts). */
  readonly bits: Uint8Array;
}

/** Takes crosstalk out of all amplifiers' blocks and marks where it was much. */
function subtractCrosstalk(
  blocks: readonly Block[],
  coefficients: readonly (readonly number[])[],
  maskElectrons: number,
): void {
  for (const { signal, before } of blocks) before.set(signal);
  crosstalkSubtract(
    blocks.map(({ signal }) => signal),
    coefficients,
  );
  for (const { signal, before, bits } of blocks) {
    for (let k = 0; k < signal.length; k++) {
      const taken = before[k]! - signal[k]!;
      if (taken > maskElectrons || taken < -maskElectrons) bits[k] = bits[k]! | ROW_CROSSTALK;
    }
  }
}

/**
 * The whole linear part of instrument signature removal in one sweep over readout rows, all amplifiers abreast so that
 * crosstalk finds the pixels read at the same moment in cache:
 * `e = gain·(raw − overscan) − Σ c·e_others`; `I = (e − bias − dark·t)/flat`;
 * `V = (max(e − bias, 0) + RN² + V_bias + V_dark·t² + I²·V_flat)/flat²`.
 */
export function fuseRows(
  amplifiers: readonly PreparedAmplifier[],
  planes: DetectorPlanes,
  corrections: FuseCorrections,
): void {
  const width = amplifiers.reduce((most, a) => Math.max(most, a.width), 0);
  const height = amplifiers.reduce((most, a) => Math.max(most, a.height), 0);
  const rows = Math.max(1, Math.floor(BLOCK_PIXELS / width));
  const blocks: Block[] = amplifiers.map(() => ({
    signal: new Float32Array(rows * width),
    before: new Float32Array(rows * width),
    bits: new Uint8Array(rows * width),
  }));
  const { crosstalk, crosstalkMaskElectrons, suspectFraction } = corrections;
  const hasCrosstalk = crosstalk.some((row) => row.some((c) => c !== 0));
  for (let first = 0; first < height; first += rows) {
    amplifiers.forEach((amplifier, i) => {
      const { signal, bits } = blocks[i]!;
      const count = Math.min(rows, amplifier.height - first);
      for (let r = 0; r < count; r++) readRow(amplifier, first + r, signal, bits, r * width, suspectFraction);
      // Nothing is left over from the block before where this amplifier ends earlier than others.
      signal.fill(0, Math.max(0, count) * width);
    });
    if (hasCrosstalk) subtractCrosstalk(blocks, crosstalk, crosstalkMaskElectrons);
    amplifiers.forEach((amplifier, i) => {
      const { signal, bits } = blocks[i]!;
      const count = Math.max(0, Math.min(rows, amplifier.height - first));
      writeRows(amplifier, first, count, { signal, bits, stride: width }, planes, corrections);
    });
  }
}
