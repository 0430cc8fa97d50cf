import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createRandom, type Random } from "@almagest/base";
import type { Butler } from "@almagest/butler";
import { SURVEY_YAML } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";
import { createSurvey, openSurvey } from "../../packages/pipeline/src/fixtures/synthetic-repository.ts";
import type { Bar } from "../../scripts/bar.ts";

const SURVEY = { visits: 10, detectors: 4, bands: 2, tracts: 1, patches: 4, patchesPerDetector: 2 };
/** Kills; 200 for the whole campaign, fewer to look in. */
const KILLS = Number(process.env.ALMAGEST_KILLS ?? 10);
/** A fresh run is begun after so many kills of one. */
const KILLS_PER_RUN = 5;
/** Quanta of the survey, about: the range of points at which something is killed. */
const QUANTA = 150;
const DRIVER = new URL("../../packages/pipeline/src/fixtures/driver.ts", import.meta.url).pathname;

/** What is killed, and when: the driver with its workers, or one worker thread while the driver goes on. */
interface Kill {
  readonly what: "driver" | "worker";
  /** After so many quanta of this process; 0 for as soon as it runs. */
  readonly afterQuanta: number;
  /** Milliseconds later: the moment between two quanta, or within a transaction, is a matter of chance. */
  readonly delayMs: number;
}

function drawKill(random: Random): Kill {
  return {
    what: random.uniform() < 0.7 ? "driver" : "worker",
    afterQuanta: random.integer(random.uniform() < 0.5 ? 12 : QUANTA),
    delayMs: random.uniform() < 0.5 ? 0 : random.integer(300),
  };
}

interface Outcome {
  /** Its last word, or `killed`. */
  readonly status: string;
  /** Whether it came to the kill before its end. */
  readonly struck: boolean;
}

/** Runs the driver, and kills as told. */
async function drive(root: string, run: string, file: string, kill?: Kill): Promise<Outcome> {
  const endings = kill?.what === "worker" ? ["1"] : [];
  const child = spawn(process.execPath, [DRIVER, root, run, "2", file, ...endings], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, "../compiled") },
  });
  child.stdin.on("error", () => {});
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let struck = false;
  const strike = (): void => {
    if (child.exitCode !== null) return;
    struck = true;
    if (kill?.what === "driver") child.kill("SIGKILL");
    else child.stdin.write("end a worker\n");
  };
  let lines = 0;
  let status = "killed";
  let timer: NodeJS.Timeout | undefined;
  const count = (): void => {
    if (kill && lines === kill.afterQuanta) timer = setTimeout(strike, kill.delayMs);
  };
  child.once("spawn", count);
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith("status ")) status = line.slice("status ".length);
    else {
      lines++;
      count();
    }
  }
  await exited;
  clearTimeout(timer);
  return { status, struck };
}

/** Types of a run's datasets, and the ids of all but logs: what failed or was interrupted leaves no metadata. */
async function idsOf(butler: Butler, run: string): Promise<Set<string>> {
  const ids = new Set<string>();
  if (!(await butler.queryCollections()).some(({ name }) => name === run)) return ids;
  for (const { name } of await butler.queryDatasetTypes()) {
    if (name.endsWith("_log")) continue;
    for (const { id } of await butler.queryDatasets(name, { collections: run })) ids.add(id);
  }
  return ids;
}

/** Values of all products of a run by type and data id. Times differ from run to run: documents are left out. */
async function productsOf(butler: Butler, run: string): Promise<string> {
  const values: string[] = [];
  for (const { name } of await butler.queryDatasetTypes()) {
    if (name === "packages" || /_(config|metadata|log)$/.test(name)) continue;
    for (const ref of await butler.queryDatasets(name, { collections: run })) {
      values.push(`${name} ${JSON.stringify(ref.dataId)} ${JSON.stringify(await butler.get(ref))}`);
    }
  }
  return values.sort().join("\n");
}

/** One run, killed again and again, then completed. Gives how often something was killed, of it workers, and what is wrong. */
async function torment(
  root: string,
  file: string,
  run: string,
  random: Random,
  wanted: number,
): Promise<{ kills: number; workers: number; faults: string[] }> {
  const faults: string[] = [];
  let [kills, workers] = [0, 0];
  let before = new Set<string>();
  let status = "killed";
  while (kills < wanted && status === "killed") {
    const kill = drawKill(random);
    const outcome = await drive(root, run, file, kill);
    status = outcome.status;
    if (!outcome.struck) continue;
    kills++;
    if (kill.what === "worker") workers++;
    await using butler = await openSurvey(root);
    const ids = await idsOf(butler, run);
    if (!before.isSubsetOf(ids)) faults.push(`${run}: what was registered is gone after kill ${kills}`);
    before = ids;
  }
  if (status === "killed") ({ status } = await drive(root, run, file));
  await using butler = await openSurvey(root);
  if (status !== "succeeded") faults.push(`${run} ended ${status}`);
  if (!before.isSubsetOf(await idsOf(butler, run))) faults.push(`${run}: what had succeeded was run again`);
  if ((await productsOf(butler, "whole")) !== (await productsOf(butler, run))) {
    faults.push(`${run}: other products`);
  }
  return { kills, workers, faults };
}

async function killAgainAndAgain(): Promise<{ figure: string; pass: boolean; note: string }> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-kills-"));
  try {
    const root = join(folder, "repo");
    await (await createSurvey(root, SURVEY)).close();
    const file = join(folder, "survey.yaml");
    writeFileSync(file, SURVEY_YAML);
    await drive(root, "whole", file);
    const random = createRandom(process.env.ALMAGEST_KILLS_SEED ?? "kills");
    const faults: string[] = [];
    let [kills, workers, runs] = [0, 0, 0];
    while (kills < KILLS) {
      const wanted = Math.min(KILLS_PER_RUN, KILLS - kills);
      const done = await torment(root, file, `killed/${runs++}`, random, wanted);
      kills += done.kills;
      workers += done.workers;
      faults.push(...done.faults);
    }
    await using butler = await openSurvey(root);
    const { clean, missing, changed, orphaned, halfWritten, inconsistent } = await butler.check({
      checksums: true,
      graceMs: 0,
    });
    if (!clean) {
      const found = { missing, changed, orphaned, halfWritten, inconsistent };
      const words = Object.entries(found).map(([name, list]) => `${list.length} ${name}`);
      faults.push(`fsck: ${words.join(", ")}, such as ${JSON.stringify(Object.values(found).flat()[0])}`);
    }
    return {
      figure: `${faults.length} faults after ${kills} kills`,
      pass: faults.length === 0,
      note: `${kills - workers} of the driver with its two workers, ${workers} of a worker alone, at random moments of ${runs} runs; every file then as recorded, by checksum, and none besides${faults.length > 0 ? `; ${faults.slice(0, 3).join("; ")}` : ""}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run that is killed at any point and begun again. ALMAGEST_KILLS says how often; 200 is the whole campaign. */
export const bars: Bar[] = [
  {
    name: "kill -9 at random points",
    goal: "the same products, nothing run twice that had succeeded, no file left over",
    measure: killAgainAndAgain,
  },
];
