import { fuzz } from "../../packages/fits/src/testing/exercise.ts";
import type { Bar } from "../../scripts/bar.ts";

const FILES = 60_000;

export const bars: Bar[] = [
  {
    name: "damaged and hostile files",
    goal: `${FILES} damaged files read or refused with a code, each within 2 s and 1 GB in all`,
    measure: async () => {
      const result = await fuzz("campaign", FILES, { now: () => performance.now(), maxMs: 2000 });
      const peakMb = process.resourceUsage().maxRSS / 1024;
      const refused = [...result.refusals.values()].reduce((sum, count) => sum + count, 0);
      return {
        figure: `${result.failures.length} failures; slowest ${result.slowestMs.toFixed(0)} ms, peak ${peakMb.toFixed(0)} MB`,
        pass: result.failures.length === 0 && peakMb < 1024,
        note: `${result.sound} read in full, ${refused} refusals of ${result.refusals.size} codes ${result.failures[0] ?? ""}`,
      };
    },
  },
];
