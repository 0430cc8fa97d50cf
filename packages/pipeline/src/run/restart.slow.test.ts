import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { createRandom } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { SURVEY_YAML } from "../fixtures/numeric-tasks.ts";
import { createSurvey, openSurvey } from "../fixtures/synthetic-repository.ts";
import type { SyntheticSurvey } from "../fixtures/synthetic-source.ts";

const SURVEY: SyntheticSurvey = {
  visits: 6,
  detectors: 3,
  bands: 2,
  tracts: 1,
  patches: 4,
  patchesPerDetector: 2,
};
const TYPES = [
  "post_isr_image",
  "stars",
  "preliminary_visit_image",
  "visit_summary",
  "direct_warp",
  "deep_coadd",
  "object",
];
const KILLS = Number(process.env.ALMAGEST_KILLS ?? 1);

/** Runs the driver; kills it without warning after some finished quanta. Gives how many lines it printed, and its status. */
async function drive(
  root: string,
  run: string,
  file: string,
  killAfter: number,
): Promise<{ lines: number; status: string }> {
  const driver = join(import.meta.dirname, "../fixtures/driver.ts");
  const child = spawn(process.execPath, [driver, root, run, "2", file], {
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
  return { lines, status };
}

/** Every product of a run by type and data id, and the ids they have. */
async function products(
  butler: Butler,
  run: string,
): Promise<{ values: Map<string, string>; ids: Set<string> }> {
  const values = new Map<string, string>();
  const ids = new Set<string>();
  for (const type of TYPES) {
    const known = (await butler.queryDatasetTypes(type)).length > 0;
    for (const ref of known ? await butler.queryDatasets(type, { collections: run }) : []) {
      values.set(`${type} ${JSON.stringify(ref.dataId)}`, JSON.stringify(await butler.get(ref)));
      ids.add(ref.id);
    }
  }
  return { values, ids };
}

test(`a run killed without warning is completed with the same products, and nothing is done twice`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "almagest-kill-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const root = join(folder, "repo");
  await (await createSurvey(root, SURVEY)).close();
  const file = join(folder, "survey.yaml");
  writeFileSync(file, SURVEY_YAML);
  assert.equal((await drive(root, "whole", file, -1)).status, "succeeded");

  const random = createRandom("kill");
  let before = new Set<string>();
  for (let kill = 0; kill < KILLS; kill++) {
    await drive(root, "killed", file, 1 + random.integer(40));
    await using butler = await openSurvey(root);
    const exists = (await butler.queryCollections()).some(({ name }) => name === "killed");
    const { ids } = exists ? await products(butler, "killed") : { ids: new Set<string>() };
    assert.ok(before.isSubsetOf(ids), "what was registered stays as it was");
    before = ids;
  }
  assert.equal((await drive(root, "killed", file, -1)).status, "succeeded");
  await using butler = await openSurvey(root);
  const whole = await products(butler, "whole");
  const killed = await products(butler, "killed");
  assert.deepEqual(killed.values, whole.values);
  assert.ok(before.isSubsetOf(killed.ids), "finished quanta were not run again");
});
