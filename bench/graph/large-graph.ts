import { spawnSync } from "node:child_process";
import type { Bar } from "../../scripts/bar.ts";

interface Built {
  readonly quanta: number;
  readonly seconds: number;
  readonly cpuSec: number;
  readonly peakMb: number;
}

/** Visits of 40 detectors on 4 tracts of 100 patches in 6 bands that make a million quanta of 7 tasks. */
const VISITS_PER_MILLION = 5000;

function measure(millions: number, seconds: number, gigabytes: number) {
  return async (): Promise<{ figure: string; pass: boolean; note: string }> => {
    const script = new URL("./build-large.ts", import.meta.url).pathname;
    const args = ["--max-old-space-size=6000", script, String(millions * VISITS_PER_MILLION)];
    const done = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (done.status !== 0) throw new Error(done.stderr.trim().slice(-500));
    const built = JSON.parse(done.stdout) as Built;
    const peakGb = built.peakMb / 1024;
    return {
      figure: `${built.seconds.toFixed(1)} s, ${peakGb.toFixed(2)} GB`,
      pass: built.quanta >= millions * 1e6 && built.seconds <= seconds && peakGb <= gigabytes,
      note: `${built.quanta} quanta of 7 tasks, ${built.cpuSec.toFixed(1)} s of processor, the data queries answered from numbers`,
    };
  };
}

/** Whole graphs of the size of a survey. ALMAGEST_TEN_MILLION=1 adds the largest. */
export const bars: Bar[] = [
  { name: "1,000,000 quanta", goal: "≤ 30 s and ≤ 1.5 GB", measure: measure(1, 30, 1.5) },
  ...(process.env.ALMAGEST_TEN_MILLION === undefined
    ? []
    : [{ name: "10,000,000 quanta", goal: "≤ 6 min and ≤ 6 GB", measure: measure(10, 360, 6) }]),
];
