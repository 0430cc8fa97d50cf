import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { readServiceConfig, startService, WorkloadClient } from "@almagest/workload";
import { stringify } from "yaml";
import type { Bar } from "../../scripts/bar.ts";
import { findPython, runPython } from "../python.ts";

// The plugin itself is not named: merely to be imported it wants to reach its server.
const MODULES = ["lsst.ctrl.bps", "pandaclient", "idds.doma", "lsst.pipe.base"];

const SERVICE = ["--wms-service-class", "lsst.ctrl.bps.panda.PanDAService"];

interface Graph {
  readonly quanta: Readonly<Record<string, number>>;
  readonly first: string;
}

interface Ends {
  readonly graph: Graph;
  readonly counts: Readonly<Record<string, { finished: number; failed: number; pruned: number }>>;
  /** Children that began before a parent had ended. */
  readonly early: number;
  /** What failed, in short. */
  readonly failures: string;
  readonly report: string;
  readonly cancelled: string;
}

const run = promisify(execFile);

function submitFile(folder: string, python: string, decoder: string, graph: Graph, name: string): string {
  const path = join(folder, `${name}.yaml`);
  const config = {
    wmsServiceClass: "lsst.ctrl.bps.panda.PanDAService",
    ...{
      computeSite: "Q",
      queue: "Q",
      computeCloud: "US",
      project: "dev",
      campaign: "quick",
      operator: "ada",
    },
    payload: {
      ...{ payloadName: name, butlerConfig: join(folder, "repo"), inCollection: "in", dataQuery: "" },
      ...{ output: "u/ada/out", outputRun: "u/ada/out/run" },
    },
    qgraphFile: join(folder, "graph.qg"),
    updateQuantumGraph: "cp {inputQgraphFile} {qgraphFile}",
    submitPath: join(folder, `submit-${name}`),
    ...{ requestMemory: 200, requestMemoryMax: 500, numberOfRetries: 1, requestWalltime: 300 },
    fileDistributionEndPoint: `file://${folder}/distribution-${name}/`,
    fileDistributionEndPointDefault: `file://${folder}/distribution-${name}/`,
    runnerCommand: `${python} ${decoder} _cmd_line_`,
    // One quantum of the first task fails.
    runQuantumCommand: name === "endless" ? "sleep 300" : `test {qgraphNodeId} != ${graph.first}`,
    pipetask: { pipetaskInit: { runQuantumCommand: name === "endless" ? "sleep 300" : "echo init" } },
    finalJob: { whenRun: "NEVER" },
  };
  writeFileSync(path, stringify(config));
  return path;
}

async function measure(): Promise<Ends> {
  const python = findPython(MODULES, true);
  const folder = mkdtempSync(join(tmpdir(), "bps-panda-"));
  mkdirSync(join(folder, "repo"));
  const config = readServiceConfig({
    queues: [
      {
        ...{ name: "Q", facility: "US", cores: 4, memoryMb: 8000 },
        harvester: { plugin: "local", slots: 4, maxWorkers: 1, idleSec: 20, periodSec: 0.5 },
      },
    ],
  });
  const service = await startService({ folder: join(folder, "service"), config });
  // The pilot's environment at a real site: where the payload's decoder fetches its archive. (Without it the decoder asks
  // CERN's server again and again; it counts no attempts.)
  process.env.PANDACACHE_URL = `${service.url}/server/panda`;
  try {
    const graph = runPython<Graph>(
      MODULES,
      join(import.meta.dirname, "make-small-graph.py"),
      [join(folder, "graph.qg")],
      true,
    );
    const token = await service.issuer.issue("ada", ["user"], 3600);
    const env = {
      ...process.env,
      HOME: folder,
      PANDA_URL: `${service.url}/server/panda`,
      PANDA_URL_SSL: `${service.url}/server/panda`,
      PANDACACHE_URL: `${service.url}/server/panda`,
      ...{ PANDA_AUTH: "oidc", PANDA_AUTH_VO: "user", PANDA_AUTH_ID_TOKEN: token, PANDA_VERIFY_HOST: "off" },
      ...{ PANDA_BEHIND_REAL_LB: "1", PANDA_CONFIG_ROOT: join(folder, "panda") },
    };
    const bps = async (...words: string[]): Promise<string> =>
      (await run(join(dirname(python), "bps"), words, { env, cwd: folder, maxBuffer: 2 ** 26 })).stdout;
    const where =
      "import os, lsst.ctrl.bps as b; print(os.path.join(os.path.dirname(b.__file__), 'panda/edgenode'))";
    const decoder = join((await run(python, ["-c", where])).stdout.trim(), "cmd_line_decoder.py");
    const submit = async (name: string): Promise<number> =>
      Number(
        /Run Id: (\d+)/.exec(await bps("submit", submitFile(folder, python, decoder, graph, name)))?.[1],
      );
    const id = await submit("small");
    const client = new WorkloadClient({ url: service.url, token });
    let workflow = await client.workflow(id);
    for (const end = performance.now() + 120_000; workflow.status !== "done" && performance.now() < end; ) {
      await sleep(200);
      workflow = await client.workflow(id);
    }
    const counts = Object.fromEntries(
      workflow.tasks.map(({ label, state }) => [label.replace(/^.*_\d\d_(.*)_\d\d$/, "$1"), state.counts]),
    );
    const report = await bps("report", ...SERVICE, "--id", String(id), "--return-exit-codes");
    const early = await countEarly(
      client,
      workflow.tasks.map((task) => task.id),
    );
    const failures = (await client.errors(id))
      .map(
        ({ attempts, label, error, text }) =>
          `${attempts} × ${label.slice(-20)} ${error} ${text.slice(0, 200)}`,
      )
      .join("; ");
    const endless = await submit("endless");
    await bps("cancel", ...SERVICE, "--id", String(endless));
    const cancelled = (await client.workflow(endless)).tasks.map(({ state }) => state.status).join(" ");
    return { graph, counts, early, failures, report, cancelled };
  } finally {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Jobs of a task that began before every finished job of the task before it had ended, where all its inputs come from it. */
async function countEarly(client: WorkloadClient, tasks: readonly number[]): Promise<number> {
  let early = 0;
  let endedMs = 0;
  for (const taskId of tasks) {
    const spans = await Promise.all(
      (await client.jobs({ taskId })).map(async ({ id }) => (await client.explain(id)).attempts),
    );
    const all = spans.flat().filter(({ startMs }) => startMs > 0);
    // Only the first task (the init job) is a parent of all that follow.
    if (endedMs > 0) early += all.filter(({ startMs }) => startMs < endedMs).length;
    else endedMs = Math.max(0, ...all.map(({ endMs }) => endMs));
  }
  return early;
}

let ends: Promise<Ends> | undefined;

/** Unmodified `bps` with the PanDA plugin of PyPI, its iDDS commands relayed to our server, its jobs run by our pilot. */
export const bars: Bar[] = [
  {
    name: "bps submit with the PanDA plugin",
    goal: "three tasks released in order; one failed quantum prunes what needs it, the rest finishes",
    async measure() {
      ends ??= measure();
      const { counts, graph, early, failures } = await ends;
      const [one, two, merge] = [counts.task_auto1!, counts.task_auto2!, counts.merge!];
      const show = Object.entries(counts).map(
        ([label, { finished, failed, pruned }]) => `${label} ${finished}/${failed}/${pruned}`,
      );
      return {
        figure: `finished/failed/pruned: ${show.join(", ")}; ${early} began early; ${failures}`,
        pass:
          early === 0 &&
          one.failed === 1 &&
          one.finished === graph.quanta.task_auto1! - 1 &&
          two.pruned === 1 &&
          two.finished === graph.quanta.task_auto2! - 1 &&
          merge.pruned === 1 &&
          merge.finished === graph.quanta.merge! - 1,
      };
    },
  },
  {
    name: "bps report with the PanDA plugin",
    goal: "its table has our counts per label, and the exit code",
    async measure() {
      ends ??= measure();
      const { report, graph } = await ends;
      const rows = Object.keys(graph.quanta).map(
        (label) => report.split("\n").find((line) => line.trim().startsWith(label)) ?? "",
      );
      const figure = rows.map((row) => row.trim().replaceAll(/\s+/g, " ")).join(" | ");
      const expected = graph.quanta;
      const pass = rows.every((row) => row !== "") && rows[0]!.includes(String(expected.task_auto1));
      return { figure, pass };
    },
  },
  {
    name: "bps cancel with the PanDA plugin",
    goal: "every task is aborted",
    async measure() {
      ends ??= measure();
      const { cancelled } = await ends;
      return { figure: cancelled, pass: cancelled.split(" ").every((word) => word === "aborted") };
    },
  },
];
