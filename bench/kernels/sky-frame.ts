import { createRandom } from "@almagest/base";

/** Side of the frames that the goals are stated for. */
export const SIDE = 4096;

/** A sky of 1000 ± 10 counts with 20,000 faint and bright spots. */
export function createSkyFrame(side = SIDE): Float32Array {
  const random = createRandom("sky frame");
  const noise = Float32Array.from({ length: 65537 }, () => 10 * random.normal());
  const frame = new Float32Array(side * side);
  for (let i = 0; i < frame.length; i++) frame[i] = 1000 + noise[i % 65537]!;
  for (let spot = 0; spot < side * 5; spot++) {
    const at = random.integer(frame.length - 3 * side - 3);
    const peak = 20000 * random.uniform() ** 4;
    for (let j = 0; j < 3; j++)
      for (let i = 0; i < 3; i++) frame[at + j * side + i]! += i === 1 && j === 1 ? peak : peak / 3;
  }
  return frame;
}

/** Best of `runs` wall times, in seconds. */
export function bestSeconds(runs: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    work();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

/** A bar for work on one 4096² frame that must end within `goalSec`. */
export function timeBar(name: string, goalSec: number, prepare: () => () => void) {
  return {
    name,
    goal: `≤ ${goalSec} s for 4096², one thread`,
    measure: async () => {
      const seconds = bestSeconds(4, prepare());
      const rate = SIDE ** 2 / seconds / 1e6;
      return { figure: `${seconds.toFixed(3)} s, ${rate.toFixed(0)} Mpix/s`, pass: seconds <= goalSec };
    },
  };
}
