import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createRandom } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { SURVEY_YAML } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";
import { createSurvey, openSurvey } from "../../packages/pipeline/src/fixtures/synthetic-repository.ts";
import type { Bar } from "../../scripts/bar.ts";

const SURVEY = { visits: 10, detectors: 4, bands: 2, tracts: 1, patches: 4, patchesPerDetector: 2 };
/** Kills; 200 for the whole campaign, fewer to look in. */
const KILLS = Number(process.env.ALMAGEST_KILLS ?? 10);
/** A fresh run is begun after so many kills of one. */
const KILLS_PER_RUN = 5;
const DRIVER = new URL("../../packages/pipeline/src/fixtures/driver.ts", import.meta.url).pathname;

/** Runs the driver; kills it without warning after some finished quanta. Gives its last word. */
async function drive(root: string, run: string, file: string, killAfter: number): Promise<string> {
  const child = spawn(process.execPath, [DRIVER, root, run, "2", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let lines = 0;
  let status = "killed";
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith("status ")) status = line.slice(7);
    else if (++lines === killAfter) child.kill("SIGKILL");
  }
  await exited;
  return status;
}

/** Values of all outputs of a run by type and data id, and the ids of all that it holds. */
async function contentsOf(
  butler: Butler,
  run: string,
): Promise<{ values: Map<string, string>; ids: Set<string> }> {
  const values = new Map<string, string>();
  const ids = new Set<string>();
  if (!(await butler.queryCollections()).some(({ name }) => name === run)) return { values, ids };
  for (const { name } of await butler.queryDatasetTypes()) {
    if (name === "packages" || name.endsWith("_config")) continue;
    for (const ref of await butler.queryDatasets(name, { collections: run })) {
      // What failed or was interrupted leaves no metadata; times differ from run to run.
      const isDocument = /_(metadata|log)$/.test(name);
      const value = await butler.get(ref);
      if (!isDocument) values.set(`${name} ${JSON.stringify(ref.dataId)}`, JSON.stringify(value));
      if (!name.endsWith("_log")) ids.add(ref.id);
    }
  }
  return { values, ids };
}

async function killAgainAndAgain(): Promise<{ figure: string; pass: boolean; note: string }> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-kills-"));
  try {
    const root = join(folder, "repo");
    await (await createSurvey(root, SURVEY)).close();
    const file = join(folder, "survey.yaml");
    writeFileSync(file, SURVEY_YAML);
    await drive(root, "whole", file, -1);
    const random = createRandom("kills");
    const faults: string[] = [];
    let kills = 0;
    let runs = 0;
    while (kills < KILLS) {
      const run = `killed/${runs++}`;
      let before = new Set<string>();
      let status = "killed";
      for (let i = 0; i < KILLS_PER_RUN && kills < KILLS && status === "killed"; i++) {
        status = await drive(root, run, file, 1 + random.integer(60));
        kills++;
        await using butler = await openSurvey(root);
        const { ids } = await contentsOf(butler, run);
        if (!before.isSubsetOf(ids)) faults.push(`${run}: what was registered is gone after kill ${kills}`);
        before = ids;
      }
      if (status === "killed") status = await drive(root, run, file, -1);
      await using butler = await openSurvey(root);
      const [whole, after] = [await contentsOf(butler, "whole"), await contentsOf(butler, run)];
      if (status !== "succeeded") faults.push(`${run} ended ${status}`);
      if (!before.isSubsetOf(after.ids)) faults.push(`${run}: what had succeeded was run again`);
      if (JSON.stringify([...whole.values].sort()) !== JSON.stringify([...after.values].sort())) {
        faults.push(`${run}: other products`);
      }
    }
    await using butler = await openSurvey(root);
    const report = await butler.check({ checksums: true });
    if (report.missing.length + report.changed.length + report.inconsistent.length > 0) {
      faults.push(`fsck: ${report.missing.length} missing, ${report.changed.length} changed`);
    }
    return {
      figure: `${faults.length} faults after ${kills} kills`,
      pass: faults.length === 0,
      note:
        faults[0] ??
        `driver with its two workers, at random quanta of ${runs} runs; every file then as recorded, by checksum`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run that is killed at any point and begun again. ALMAGEST_KILLS says how often; 200 is the whole campaign. */
export const bars: Bar[] = [
  {
    name: "kill -9 at random points",
    goal: "the same products, nothing run twice that had succeeded",
    measure: killAgainAndAgain,
  },
];
