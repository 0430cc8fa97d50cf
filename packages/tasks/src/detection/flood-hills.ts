import { AlmagestError } from "@almagest/base";
import { ensureFloat32, ensureInt32 } from "./growable.ts";

/** Pixels of one region on a local grid with a rim: `cell[i]` is pixel i's place on a grid `gridWidth` wide of `cells` places. */
export interface Surface {
  readonly count: number;
  readonly cell: Int32Array;
  readonly value: Float32Array;
  readonly gridWidth: number;
  readonly cells: number;
}

/** Which hills count. Pixels are numbers in the surface. */
export interface HillRules {
  /** Whether a hill whose top pixel is `top` stands out above the saddle that joins it to one with a top of `higher`. */
  stands(top: number, saddle: number, higher: number): boolean;
  /** Whether the highest hill counts. */
  counts(top: number): boolean;
}

/** What a flood found, valid until the next one. */
export interface Flood {
  /** Number of hills that count; their top pixels, falling. */
  readonly count: number;
  readonly tops: Int32Array;
  /** Hill of each pixel, −1 for none. */
  readonly hillOf: Int32Array;
}

/** Pixel number and value share the 53 exact bits of a double in the sort key. */
const KEY_STEP = 0x400000;

/**
 * Creates a flooder: it takes pixels from the highest down and follows the hills that appear; where two meet, the lesser either
 * stands out far enough or becomes part of the other (multi-threshold deblending, Bertin & Arnouts 1996, A&AS 117, 393, §6.3,
 * with as many thresholds as pixels). Scratch memory grows with the largest region and is kept. Throws
 * `TASKS.FOOTPRINT_TOO_LARGE` above 4 million pixels.
 */
export function createFlooder(): (surface: Surface, rules: HillRules) => Flood {
  let grid = new Int32Array(4096);
  let hillAt = new Int32Array(1024);
  let segmentAt = new Int32Array(1024);
  let keys = new Float64Array(1024);
  let parent = new Int32Array(64);
  let top = new Int32Array(64);
  let height = new Float32Array(64);
  let segment = new Int32Array(64);
  let kept = new Int32Array(64);
  let tops = new Int32Array(64);
  const floatBits = new Float32Array(1);
  const intBits = new Uint32Array(floatBits.buffer);

  const root = (links: Int32Array, k: number): number => {
    while (links[k]! !== k) k = links[k] = links[links[k]!]!;
    return k;
  };

  const sortPixels = ({ count, value }: Surface): void => {
    if (count >= KEY_STEP) {
      throw new AlmagestError(
        "TASKS.FOOTPRINT_TOO_LARGE",
        "A connected region above threshold has more than 4 million pixels; subtract the background first.",
        { fields: { pixels: count } },
      );
    }
    if (keys.length < count) keys = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) {
      floatBits[0] = value[i]!;
      const bits = intBits[0]!;
      // Negative floats order backwards, and below all others.
      const order = bits >= 0x80000000 ? 0xffffffff - bits : bits + 0x80000000;
      keys[i] = Math.floor(order / 2) * KEY_STEP + (KEY_STEP - 1 - i);
    }
    keys.subarray(0, count).sort();
  };

  return (surface, rules) => {
    const { count, cell, value, gridWidth } = surface;
    sortPixels(surface);
    grid = ensureInt32(grid, surface.cells);
    grid.fill(-1, 0, surface.cells);
    hillAt = ensureInt32(hillAt, count);
    segmentAt = ensureInt32(segmentAt, count);
    const steps = [-1, 1, -gridWidth, gridWidth, -gridWidth - 1, 1 - gridWidth, gridWidth - 1, gridWidth + 1];
    let hills = 0;
    for (let k = count - 1; k >= 0; k--) {
      const i = KEY_STEP - 1 - (keys[k]! % KEY_STEP);
      const place = cell[i]!;
      let uphill = -1;
      let best = -1;
      let meets = false;
      for (let s = 0; s < 8; s++) {
        const n = grid[place + steps[s]!]!;
        if (n < 0) continue;
        if (uphill < 0 || value[n]! > value[uphill]!) uphill = n;
        const hill = root(parent, hillAt[n]!);
        if (best < 0) best = hill;
        else if (hill !== best) {
          meets = true;
          if (height[hill]! > height[best]!) best = hill;
        }
      }
      grid[place] = i;
      if (uphill < 0) {
        const h = hills++;
        parent = ensureInt32(parent, hills);
        top = ensureInt32(top, hills);
        height = ensureFloat32(height, hills);
        segment = ensureInt32(segment, hills);
        kept = ensureInt32(kept, hills);
        parent[h] = h;
        segment[h] = h;
        kept[h] = 0;
        top[h] = i;
        height[h] = value[i]!;
        hillAt[i] = h;
        segmentAt[i] = h;
        continue;
      }
      hillAt[i] = best;
      if (meets) join(steps, place, i, best, value[i]!, value, rules);
      segmentAt[i] = root(segment, segmentAt[uphill]!);
    }
    const highest = root(parent, hillAt[0]!);
    if (rules.counts(top[highest]!)) kept[highest] = 1;
    tops = ensureInt32(tops, hills);
    let n = 0;
    // Hills appear in falling order of their tops.
    for (let h = 0; h < hills; h++) {
      if (kept[h] !== 1) {
        kept[h] = -1;
        continue;
      }
      tops[n] = top[h]!;
      kept[h] = n++;
    }
    for (let i = 0; i < count; i++) segmentAt[i] = kept[root(segment, segmentAt[i]!)]!;
    return { count: n, tops, hillOf: segmentAt };
  };

  /** Settles every hill that meets `best` at pixel `i`. */
  function join(
    steps: readonly number[],
    place: number,
    i: number,
    best: number,
    saddle: number,
    value: Float32Array,
    rules: HillRules,
  ): void {
    let onBest = -1;
    for (let s = 0; s < 8; s++) {
      const n = grid[place + steps[s]!]!;
      if (n < 0 || n === i || root(parent, hillAt[n]!) !== best) continue;
      if (onBest < 0 || value[n]! > value[onBest]!) onBest = n;
    }
    for (let s = 0; s < 8; s++) {
      const n = grid[place + steps[s]!]!;
      if (n < 0 || n === i) continue;
      const hill = root(parent, hillAt[n]!);
      if (hill === best) continue;
      if (rules.stands(top[hill]!, saddle, height[best]!)) kept[hill] = 1;
      else segment[hill] = root(segment, segmentAt[onBest]!);
      parent[hill] = best;
    }
  }
}
