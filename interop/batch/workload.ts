import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { JobStatus, SubmissionReport } from "@almagest/batch";
import { type ArcSite, missingForArc, startArc } from "@almagest/servers";
import { HARVESTER_PLUGINS } from "@almagest/workload";
import { stringify } from "yaml";
import type { Bar } from "../../scripts/bar.ts";
import { ALMAGEST, countSame, digestProducts, runAlmagest, submitYaml } from "./demo-survey.ts";

/** One queue per kind of batch system; each is of a facility of its own, to which a submission is pinned. */
function serviceConfig(site: ArcSite, folder: string): unknown {
  const common = { cores: 2, memoryMb: 8000, wallSec: 7200 };
  const pilots = { slots: 1, maxWorkers: 4, idleSec: 20, periodSec: 1 };
  const queues = [
    {
      ...{ name: "pool", facility: "pool", ...common },
      harvester: { plugin: "local", ...pilots, slots: 2, maxWorkers: 1 },
    },
    {
      ...{ name: "slurm", facility: "slurm", ...common },
      harvester: {
        ...{ plugin: "slurm", ...pilots, folder: join(folder, "slurm-pilots") },
        options: { partition: site.queue, memoryMb: 3000, environment: { ...site.slurm.environment } },
      },
    },
    {
      ...{ name: "arc", facility: "arc", ...common },
      harvester: {
        ...{ plugin: "arc", ...pilots, folder: join(folder, "arc-pilots") },
        options: {
          ...{ url: site.url, queue: site.queue, memoryMb: 3000 },
          ...{ certificate: site.user.certificate, key: site.user.key, ca: site.authority.certificate },
        },
      },
    },
  ];
  return { queues: queues.filter(({ harvester }) => HARVESTER_PLUGINS.has(harvester.plugin)) };
}

interface Outcome {
  readonly report: SubmissionReport & { readonly jobs: readonly JobStatus[] };
  readonly seconds: number;
  readonly same: number;
  readonly products: number;
  /** Workers that the harvester of this queue had. */
  readonly workers: number;
}

interface Setting {
  readonly site: ArcSite;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly wanted: ReadonlyMap<string, string>;
  readonly stop: () => Promise<void>;
}

async function startSetting(): Promise<Setting> {
  const missing = missingForArc();
  if (missing !== "") throw new Error(`not measured: ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), "almagest-interop-workload-"));
  chmodSync(folder, 0o755);
  const site = await startArc();
  const env = { ...process.env };
  await runAlmagest(env, "demo", "--size", "tiny", "--output", join(folder, "demo"));
  // Jobs through ARC run as another user, who writes to the same repository.
  process.umask(0);
  execFileSync("chmod", ["-R", "a+rwX", folder]);
  const config = join(folder, "service.yaml");
  writeFileSync(config, stringify(serviceConfig(site, folder)));
  const home = join(folder, "manager");
  const words = [ALMAGEST, "workload", "serve", home, "--config", config, "--json"];
  const server = spawn(process.execPath, words, { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  await Promise.race([
    new Promise((resolve) => createInterface({ input: server.stdout! }).once("line", resolve)),
    ended,
  ]);
  return {
    site,
    folder,
    env: { ...env, ALMAGEST_WORKLOAD: home },
    wanted: digestProducts(join(folder, "demo", "repo"), "runs/demo"),
    async stop() {
      server.kill("SIGTERM");
      await ended;
      await site.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function runThrough(facility: string, { folder, env, wanted }: Setting): Promise<Outcome> {
  const queues = JSON.parse(await runAlmagest(env, "workload", "queues", "--json")) as { facility: string }[];
  if (!queues.some((queue) => queue.facility === facility))
    throw new Error(`no harvester plugin for ${facility}`);
  const file = join(folder, `${facility}.yaml`);
  const lines = `wmsServiceClass: lsst.ctrl.bps.panda.PanDAService\nsite: {here: {facility: ${facility}}}\n`;
  writeFileSync(file, submitYaml(folder, lines));
  const run = `u/tester/science/${facility}`;
  const started = performance.now();
  const printed = await runAlmagest(
    env,
    ...["bps", "submit", file, "--output-run", run, "--wait", "--interval", "1", "--json"],
  );
  const seconds = (performance.now() - started) / 1000;
  let report: Outcome["report"];
  try {
    report = JSON.parse(printed) as Outcome["report"];
  } catch {
    throw new Error(printed.trim().slice(0, 1000));
  }
  const workers = JSON.parse(await runAlmagest(env, "workload", "pilots", "--all", "--json")) as {
    readonly queue: string;
  }[];
  return {
    report,
    seconds,
    same: countSame(wanted, digestProducts(join(folder, "demo", "repo"), run)),
    products: wanted.size,
    workers: workers.filter(({ queue }) => queue === facility).length,
  };
}

let setting: Promise<Setting> | undefined;

function createBar(facility: string, goal: string, isLast: boolean): Bar {
  return {
    name: `demo survey through the manager: ${facility}`,
    goal,
    async measure() {
      setting ??= startSetting();
      const open = await setting;
      try {
        const { report, seconds, same, products, workers } = await runThrough(facility, open);
        const retries = report.jobs.reduce((sum, job) => sum + job.retries, 0);
        const failures = report.failures.length === 0 ? "" : ` ${JSON.stringify(report.failures)}`;
        const figure = `${report.state}, ${report.jobs.length} jobs (${retries} tried again) by ${workers} pilots in ${seconds.toFixed(0)} s, ${same} of ${products} products the same${failures}`;
        return {
          figure,
          pass: report.state === "SUCCEEDED" && same === products && products > 0 && workers > 0,
        };
      } finally {
        if (isLast) await open.stop();
      }
    },
  };
}

const SAME = "all jobs of a Rubin-style submit file succeed, by pilots";

/** The demo survey through our workload manager, its pilots on this machine, on a real Slurm, and through a real ARC. */
export const bars: Bar[] = [
  createBar("pool", `${SAME} on this machine; products the same bytes as in one process`, false),
  createBar("slurm", `${SAME} on a real Slurm; products the same bytes`, false),
  createBar("arc", `${SAME} through a real ARC in front of Slurm; products the same bytes`, true),
];
