import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processTerminal } from "../../packages/almagest/src/cli/terminal.ts";
import { judgeDemo, writeDemoReport } from "../../packages/almagest/src/demo/demo-report.ts";
import { runDemo } from "../../packages/almagest/src/demo/run-demo.ts";
import { openRepository } from "../../packages/almagest/src/open-repository.ts";
import { listVerdicts } from "../../packages/almagest/src/report/truth-panels.ts";
import type { Bar } from "../../scripts/bar.ts";

interface DemoFigures {
  readonly seconds: number;
  readonly verdicts: ReadonlyMap<string, { readonly figure: string; readonly pass: boolean }>;
}

async function runOnce(): Promise<DemoFigures> {
  const output = mkdtempSync(join(tmpdir(), "almagest-bench-"));
  try {
    const started = performance.now();
    const result = await runDemo(processTerminal(), { output, size: "standard", seed: 2026, workers: 2 });
    await using butler = await openRepository(result.repository);
    const judgement = await judgeDemo(butler, result);
    await writeDemoReport(butler, output, judgement, (performance.now() - started) / 1000);
    const seconds = (performance.now() - started) / 1000;
    return { seconds, verdicts: new Map(listVerdicts(judgement).map((verdict) => [verdict.name, verdict])) };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

let run: Promise<DemoFigures> | undefined;
const demo = (): Promise<DemoFigures> => {
  run ??= runOnce();
  return run;
};

/** The promises whose figures the judgement of the demonstration gives, by the judgement's own names. */
const JUDGED: ReadonlyArray<readonly [name: string, goal: string]> = [
  ["Point sources found at 10 sigma, coadds", "≥ 95 %"],
  ["Point sources found at 5 sigma, coadds", "≥ 50 %"],
  ["False detections of 5 sigma and more", "≤ 2 %"],
  ["Positions of bright stars, median residual per coordinate", "≤ 15 mas"],
  ["PSF fluxes of bright stars, offset and scatter", "≤ 10 mmag"],
  ["Coadd noise over expected √N, worst coadd", "within 10 %"],
];

export const bars: Bar[] = [
  {
    name: "the demonstration, from nothing to its report, two workers",
    goal: "≤ 180 s",
    async measure() {
      const { seconds } = await demo();
      return { figure: `${seconds.toFixed(0)} s`, pass: seconds <= 180 };
    },
  },
  ...JUDGED.map(
    ([name, goal]): Bar => ({
      name,
      goal,
      async measure() {
        const verdict = (await demo()).verdicts.get(name)!;
        return { figure: verdict.figure, pass: verdict.pass };
      },
    }),
  ),
];
