/**
 * Runs inside private PID, mount and network namespaces (see ../prun.ts): our server, unmodified `prun` and client calls of
 * panda-client, and PanDA's own pilot. Prints one line of JSON. `node prun-and-pilot.ts SOURCE FOLDER PYTHON`
 */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createTokenVerifier, openLaptopIssuer } from "@almagest/identity";
import { openWorkload, startPandaServer } from "@almagest/workload";
import { startRealPilot } from "./run-real-pilot.ts";
import { storageEndpoint } from "./storage-endpoint.ts";

const PORT = 25_080;
const [source, folder, python] = process.argv.slice(2) as [string, string, string];
const url = `http://127.0.0.1:${PORT}`;
const store = join(folder, "store");
const sandbox = join(folder, "sandbox");
mkdirSync(store, { recursive: true });
mkdirSync(sandbox, { recursive: true });
chmodSync(folder, 0o755);
writeFileSync(join(sandbox, "stars.txt"), "Vega\nDeneb\nAltair\n");

const issuer = await openLaptopIssuer(folder);
const grants = [
  { group: "panda_dev/pilot", roles: ["pilot"] as const },
  { group: "panda_dev", roles: ["user"] as const },
];
const manager = await openWorkload(join(folder, "workload.db"));
await startPandaServer(manager, {
  port: PORT,
  cacheFolder: join(folder, "cache"),
  access: { verify: createTokenVerifier([{ ...issuer.trust, grants }]) },
  ...storageEndpoint(store),
});
await manager.defineQueue({
  ...{ name: "Q", facility: "US", status: "online", cores: 1, memoryMb: 8000, wallSec: 172_800 },
  ...{ diskMb: 100_000, software: [], backlog: 10 },
});

const environment = {
  PATH: process.env.PATH ?? "",
  HOME: folder,
  PANDA_URL: `${url}/server/panda`,
  PANDA_URL_SSL: `${url}/server/panda`,
  PANDACACHE_URL: `${url}/server/panda`,
  PANDA_AUTH: "oidc",
  PANDA_AUTH_VO: "panda_dev",
  PANDA_AUTH_ID_TOKEN: await issuer.issue("ada", ["panda_dev"], 3600),
  PANDA_VERIFY_HOST: "off",
  PANDA_BEHIND_REAL_LB: "1",
  PANDA_CONFIG_ROOT: join(folder, "panda"),
};

async function runPython(script: string, ...words: string[]): Promise<string> {
  const options = { cwd: sandbox, env: environment };
  return (await promisify(execFile)(python, ["-c", script, ...words], options)).stdout;
}

/** Submits by prun and gives the task's id from its own words. */
async function prun(name: string, command: string, ...words: string[]): Promise<number> {
  const script = "import sys; sys.argv[0] = 'prun'\nfrom pandaclient import PrunScript\nPrunScript.main()";
  const given = [
    "--exec",
    command,
    "--outDS",
    `user.ada.${name}`,
    "--noBuild",
    "--vo",
    "wlcg",
    "--site",
    "Q",
  ];
  const said = await runPython(script, ...given, ...words);
  const id = Number(/jediTaskID=(\d+)/.exec(said)?.[1]);
  if (!Number.isInteger(id)) throw new Error(`prun gave no task: ${said}`);
  return id;
}

/** One call of panda-client's library, as JSON. */
async function client<T>(call: string): Promise<T> {
  const script = `import json, sys\nfrom pandaclient import Client\nprint(json.dumps(${call}, default=str))`;
  return JSON.parse((await runPython(script)).trim().split("\n").at(-1)!) as T;
}

const statusOf = async (id: number): Promise<string> =>
  (await client<[number, string]>(`Client.getTaskStatus(${id})`))[1];

const pilotToken = await issuer.issue("pilot", ["panda_dev/pilot"], 3600);
const site = { source, folder, store, port: PORT, trfUrl: `${url}/trf`, token: pilotToken };
const runs: (number | null)[] = [];
const runPilots = async (name: string, count: number): Promise<void> => {
  for (let index = 0; index < count; index++) runs.push(await startRealPilot(site, `${name}${index}`).exit);
};

const good = await prun(
  "good",
  "wc -l < stars.txt > out.txt; echo %RNDM:1 >> out.txt",
  "--outputs",
  "out.txt",
  "--nJobs",
  "2",
);
await runPilots("good", 2);
const outputs = readdirSync(store, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".out.txt"))
  .map((file) => readFileSync(join(store, file), "utf8").trim().replaceAll(/\s+/g, " "))
  .sort();
const goodStatus = await statusOf(good);
const described = await client<[number, { jobStatus: string }[]]>(`Client.get_job_descriptions(${good})`);

// It fails while a file is missing, and succeeds once it is there.
const flag = join(folder, "now");
const bad = await prun("bad", `test -e ${flag}`, "--maxAttempt", "1");
await runPilots("bad", 1);
const badStatus = await statusOf(bad);
writeFileSync(flag, "");
const retried = await client<[number, [number, string]]>(`Client.retryTask(${bad})`);
await runPilots("retried", 1);

const unwanted = await prun("unwanted", "true");
const killed = await client<[number, [boolean, unknown]]>(`Client.killTask(${unwanted})`);
const ends = {
  good: { status: goodStatus, outputs, jobs: described[1].map(({ jobStatus }) => jobStatus) },
  bad: { before: badStatus, retried: retried[0], after: await statusOf(bad) },
  killed: { answer: killed[1][0], status: await statusOf(unwanted) },
  unknown: (await client<[number, unknown]>("Client.killTask(999999)"))[1],
  runs,
};
process.stdout.write(`${JSON.stringify(ends)}\n`);
process.exit(0);
