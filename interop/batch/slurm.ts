import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type JobResult, readFacts, type SubmissionReport } from "@almagest/batch";
import { missingForSlurm, type SlurmSite, startSlurm } from "@almagest/servers";
import type { Bar } from "../../scripts/bar.ts";
import { ALMAGEST, countSame, digestProducts, runAlmagest, submitYaml } from "./demo-survey.ts";

interface Outcome {
  readonly report: SubmissionReport & {
    readonly jobs: readonly { readonly retries: number; readonly state: string }[];
  };
  readonly seconds: number;
  /** Products compared with those of the run in one process. */
  readonly same: number;
  readonly products: number;
  readonly outOfMemory: number;
  readonly killedNode: string;
  /** Jobs that were on the killed node, with all their states and nodes. */
  readonly moved: readonly string[];
  readonly restarted: SubmissionReport;
  readonly cancelled: number;
  readonly leftInQueue: string;
  readonly sameAgain: number;
  /** Quanta that had succeeded when the submitter was killed, and those of them that ran again. */
  readonly kept: number;
  readonly ranTwice: number;
}

/** One task has too little memory. */
const SLURM_LINES = `wmsServiceClass: slurm
site:
  here: {partition: batch}
pipetask:
  makeDirectWarp: {requestMemory: 64}
`;

async function runOnSlurm(site: SlurmSite, folder: string): Promise<Outcome> {
  const env = { ...process.env, ...site.environment };
  const almagest = (...args: string[]): Promise<string> => runAlmagest(env, ...args);
  const slurm = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { env, encoding: "utf8" });
  await almagest("demo", "--size", "tiny", "--output", join(folder, "demo"));
  const file = join(folder, "submit.yaml");
  writeFileSync(file, submitYaml(folder, SLURM_LINES));
  const started = performance.now();
  const submitted = almagest("bps", "submit", file, "--wait", "--interval", "2", "--json");
  let killedNode = "";
  let onNode: string[] = [];
  for (let tries = 0; tries < 200 && killedNode === ""; tries++) {
    await sleep(300);
    const running = slurm("squeue", "-h", "-r", "-t", "running", "-o", "%i|%N").trim();
    if (running === "") continue;
    killedNode = running.split("\n")[0]!.split("|")[1]!;
    onNode = running
      .split("\n")
      .flatMap((line) => (line.endsWith(`|${killedNode}`) ? line.split("|")[0]! : []));
    await site.killNode(killedNode);
  }
  const report = JSON.parse(await submitted) as Outcome["report"];
  const seconds = (performance.now() - started) / 1000;
  const history = slurm("sacct", "-X", "-D", "-n", "-P", "-o", "JobID,State,NodeList").trim().split("\n");
  const repository = join(folder, "demo", "repo");
  const wanted = digestProducts(repository, "runs/demo");
  const made = digestProducts(repository, "u/tester/science/first");

  // A second run, asking for the memory that the first needed, loses its submitter twice: while it submits, and while it
  // watches. In between it is cancelled.
  const second = ["--output-run", "u/tester/science/second", "--costs-from", report.id];
  const id = join(folder, "submit", "u/tester/science/second");
  const isQueued = (): boolean => slurm("squeue", "-h", "-o", "%i").trim() !== "";
  await killWhen(isQueued, spawn(process.execPath, [ALMAGEST, "bps", "submit", file, ...second], { env }));
  const cancelled = JSON.parse(await almagest("bps", "cancel", "--id", id, "--json")) as {
    cancelled: number;
  };
  const leftInQueue = slurm("squeue", "-h", "-o", "%i %k").trim();
  const restart = ["bps", "restart", "--id", id, "--wait", "--interval", "2", "--json"];
  const results = (): string[] => globSync("results/*.json", { cwd: id });
  await killWhen(() => results().length >= 3, spawn(process.execPath, [ALMAGEST, ...restart], { env }));
  const madeBefore = new Map(succeededFiles(id, repository).map((path) => [path, statSync(path).mtimeMs]));
  const restarted = await almagest(...restart);
  const again = digestProducts(repository, "u/tester/science/second");
  return {
    report,
    seconds,
    same: countSame(wanted, made),
    products: wanted.size,
    outOfMemory: history.filter((line) => line.includes("|OUT_OF_MEMORY|")).length,
    killedNode,
    moved: onNode.map((job) => history.filter((line) => line.startsWith(`${job}|`)).join(" then ")),
    restarted: JSON.parse(restarted) as SubmissionReport,
    cancelled: cancelled.cancelled,
    leftInQueue,
    sameAgain: countSame(wanted, again),
    kept: madeBefore.size,
    ranTwice: [...madeBefore].filter(([path, mtimeMs]) => statSync(path).mtimeMs !== mtimeMs).length,
  };
}

/** Kills a program without warning as soon as a condition holds. */
async function killWhen(condition: () => boolean, child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  while (child.exitCode === null && !condition()) await sleep(100);
  child.kill("SIGKILL");
  await ended;
}

/** The metadata files of quanta that jobs report as succeeded: one that ran again would have a new one. */
function succeededFiles(submission: string, repository: string): string[] {
  const { outputRun } = readFacts(submission);
  const count = globSync("results/*.json", { cwd: submission }).reduce((sum, name) => {
    const { outcomes } = JSON.parse(readFileSync(join(submission, name), "utf8")) as JobResult;
    return sum + outcomes.filter((outcome) => outcome === "succeeded").length;
  }, 0);
  const files = globSync(`${outputRun}/*_metadata/**/*.json`, { cwd: repository });
  if (files.length < count)
    throw new Error(`${count} quanta succeeded, but ${files.length} metadata are there`);
  return files.map((name) => join(repository, name));
}

let outcome: Promise<Outcome> | undefined;

/** All bars look at one run. */
function measureOnce(): Promise<Outcome> {
  outcome ??= (async () => {
    const missing = missingForSlurm();
    if (missing !== "") throw new Error(`not measured: ${missing}`);
    const folder = mkdtempSync(join(tmpdir(), "almagest-interop-batch-"));
    const site = await startSlurm();
    try {
      return await runOnSlurm(site, folder);
    } finally {
      await site.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  })();
  return outcome;
}

/** The demo survey on a real Slurm of virtual nodes. */
export const bars: Bar[] = [
  {
    name: "demo survey on Slurm",
    goal: "all jobs of a Rubin-style submit file succeed; products the same bytes as in one process",
    async measure() {
      const { report, seconds, same, products } = await measureOnce();
      const figure = `${report.state}, ${report.jobs.length} jobs in ${seconds.toFixed(0)} s, ${same} of ${products} products the same`;
      return { figure, pass: report.state === "SUCCEEDED" && same === products && products > 0 };
    },
  },
  {
    name: "too little memory",
    goal: "jobs that exceed their memory are retried with more and succeed",
    async measure() {
      const { report, outOfMemory } = await measureOnce();
      const retried = report.jobs.filter(({ retries, state }) => retries > 0 && state === "SUCCEEDED").length;
      const figure = `${outOfMemory} times out of memory, ${retried} jobs retried and succeeded`;
      return { figure, pass: outOfMemory > 0 && retried > 0 && report.state === "SUCCEEDED" };
    },
  },
  {
    name: "dead node",
    goal: "jobs of a node that dies run elsewhere",
    async measure() {
      const { killedNode, moved } = await measureOnce();
      const pass =
        moved.length > 0 &&
        moved.every(
          (line) => /NODE_FAIL/.test(line) && new RegExp(`COMPLETED\\|(?!${killedNode}$)`).test(line),
        );
      return { figure: `${killedNode} killed: ${moved.join("; ")}`, pass };
    },
  },
  {
    name: "submitter killed, cancel",
    goal: "kill -9 of the submitter while it submits; cancel then stops all of its jobs",
    async measure() {
      const { cancelled, leftInQueue } = await measureOnce();
      const figure = `${cancelled} jobs stopped, left in the queue: ${leftInQueue || "none"}`;
      return { figure, pass: cancelled > 0 && leftInQueue === "" };
    },
  },
  {
    name: "submitter killed, restart",
    goal: "kill -9 of the submitter while jobs run; restart ends with the same bytes and runs nothing again that had succeeded",
    async measure() {
      const { restarted, sameAgain, products, kept, ranTwice } = await measureOnce();
      const figure = `${restarted.state}, ${sameAgain} of ${products} products the same, ${ranTwice} of ${kept} done quanta ran again ${JSON.stringify(restarted.failures)}`;
      const pass = restarted.state === "SUCCEEDED" && sameAgain === products && kept > 0 && ranTwice === 0;
      return { figure, pass };
    },
  },
];
