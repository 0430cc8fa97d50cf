import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskCost } from "../cluster/cluster.ts";
import type { JobResult } from "../job/job-result.ts";

/** Mean seconds per quantum by task, and the largest memory of jobs of that one task, from earlier submit folders. */
export function readPastCosts(folders: readonly string[]): Map<string, TaskCost> {
  const sums = new Map<string, { seconds: number; count: number; memoryMb: number }>();
  for (const folder of folders) {
    const results = join(folder, "results");
    if (!existsSync(results)) continue;
    for (const file of readdirSync(results).sort()) {
      if (!file.endsWith(".json")) continue;
      const { costs, peakMemoryMb } = JSON.parse(readFileSync(join(results, file), "utf8")) as JobResult;
      const alone = Object.keys(costs).length === 1;
      for (const [label, { seconds, count }] of Object.entries(costs)) {
        const sum = sums.get(label) ?? { seconds: 0, count: 0, memoryMb: 0 };
        sum.seconds += seconds;
        sum.count += count;
        if (alone) sum.memoryMb = Math.max(sum.memoryMb, peakMemoryMb);
        sums.set(label, sum);
      }
    }
  }
  return new Map(
    [...sums].map(([label, { seconds, count, memoryMb }]) => [
      label,
      { seconds: seconds / count, ...(memoryMb > 0 ? { memoryMb } : {}) },
    ]),
  );
}
