/**
 * Runs inside private PID, mount and network namespaces (see ../real-pilot.ts): our server, and PanDA's own pilot as the user
 * nobody, all scenarios side by side. Prints one line of JSON: how each job ended. `node shut-in-pilot.ts SOURCE FOLDER`
 */
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createTokenVerifier, openLaptopIssuer } from "@almagest/identity";
import { type JobSpec, openWorkload, startPandaServer, type WorkloadManager } from "@almagest/workload";
import { startRealPilot } from "./run-real-pilot.ts";
import { type Ending, SCENARIOS } from "./scenarios.ts";
import { storageEndpoint } from "./storage-endpoint.ts";

const PORT = 25_080;
const IMPATIENT_PORT = 25_082;
const TRF_PORT = 25_081;
const [source, folder] = process.argv.slice(2) as [string, string];
const flagOf = (name: string): string => join(folder, `${name}.flag`);

/** How long a payload sleeps that waits to be stopped. */
const sleepOf = (name: string): number => 300 + Object.keys(SCENARIOS).indexOf(name);

const DO_IT = 'echo "sky $@" > out.txt\necho done\n';
const SCRIPTS: Readonly<Record<string, string>> = {
  good: DO_IT,
  bad: "echo no such star >&2\nexit 7\n",
  long: `exec sleep ${sleepOf("long")}\n`,
  dead: `[ -e ${flagOf("dead")} ] || exec sleep ${sleepOf("dead")}\n${DO_IT}`,
  late: `[ -e ${flagOf("late")} ] || exec sleep ${sleepOf("late")}\n${DO_IT}`,
  stale: `exec sleep ${sleepOf("stale")}\n`,
};

/** A job in the words of a real pilot; lists run parallel, the log is the last output and not in scopeOut. */
function job(name: string): JobSpec {
  const log = `${name}.log.tgz`;
  const outputs = SCRIPTS[name]!.includes(DO_IT) ? [`${name}.txt`, log] : [log];
  const all = (word: string): string => outputs.map(() => word).join(",");
  const panda = {
    transformation: `http://127.0.0.1:${TRF_PORT}/trf/${name}.sh`,
    jobPars: "-a 1",
    outFiles: outputs.join(","),
    realDatasets: all("user.tester.data"),
    destinationDblock: all("user.tester.data"),
    destinationDBlockToken: all("LOCAL"),
    fileDestinationSE: all(name),
    ddmEndPointOut: all("LOCAL"),
    scopeOut: outputs
      .slice(1)
      .map(() => "user.tester")
      .join(","),
    scopeLog: "user.tester",
    logFile: log,
    logGUID: "5d1a1f3e-0000-4000-8000-000000000001",
    ...(name === "stale" ? { attemptNr: 9 } : {}),
  };
  return { name, task: name, payload: { panda } };
}

const store = join(folder, "store");
mkdirSync(store, { recursive: true });
const issuer = await openLaptopIssuer(folder);
const VO_GROUP = "panda_dev/pilot";
const token = await issuer.issue("pilot", [VO_GROUP], 3600);

async function serve(port: number, runningMs: number): Promise<WorkloadManager> {
  const manager = await openWorkload(join(folder, `workload-${port}.db`), {
    silence: { sentMs: 60_000, runningMs, holdingMs: 60_000 },
  });
  await startPandaServer(manager, {
    port,
    access: {
      verify: createTokenVerifier([{ ...issuer.trust, grants: [{ group: VO_GROUP, roles: ["pilot"] }] }]),
    },
    ...storageEndpoint(store),
  });
  setInterval(() => void manager.tick(1000), 1000);
  return manager;
}

const patient = await serve(PORT, 300_000);
// A pilot that fails is silent for two minutes before its last words, so only who shall lose attempts is impatient.
const impatient = await serve(IMPATIENT_PORT, 30_000);
createServer((request, response) => {
  const name = /([a-z]+)\.sh$/.exec(request.url ?? "")?.[1] ?? "";
  const script = SCRIPTS[name];
  response.writeHead(script === undefined ? 404 : 200);
  response.end(script === undefined ? "" : `#!/bin/bash\n${script.replaceAll("out.txt", `${name}.txt`)}`);
}).listen(TRF_PORT, "127.0.0.1");

/** One scenario on a queue and facility of its own. */
async function play(name: string): Promise<Ending> {
  const isLost = name === "dead" || name === "late";
  const [manager, port] = isLost ? [impatient, IMPATIENT_PORT] : [patient, PORT];
  await manager.defineQueue({
    ...{ name, facility: name, status: "online", cores: 1, memoryMb: 8000, wallSec: 172_800 },
    ...{ diskMb: 100_000, software: [], backlog: 10 },
  });
  const request = { memoryMb: 1000, wallSec: 3600, facility: name };
  const tasks = [{ label: name, maxAttempts: isLost ? 2 : 1, request }];
  const { firstJob: jobId } = await manager.submit({ key: name, name, tasks, jobCount: 1 }, [job(name)]);
  const trfUrl = `http://127.0.0.1:${TRF_PORT}/trf`;
  const site = { source, folder, store, port, trfUrl, token, queue: name };
  let runs = 0;
  const start = () => startRealPilot(site, `${name}${++runs}`);
  const seen = await SCENARIOS[name]!({ manager, jobId, start, flag: flagOf(name), sleepSec: sleepOf(name) });
  const { status, attempts } = await manager.explain(jobId);
  const lines = (await manager.history(jobId)).filter(({ id, subject }) => {
    return subject === "a" && id === attempts[0]!.id;
  });
  const given = lines.findIndex(({ what }) => what === "failed");
  return {
    ...seen,
    status,
    attempts: attempts.map((attempt) => `${attempt.status} ${attempt.failure ?? ""}`.trim()),
    outputs: (await manager.outputs(jobId)).map((file) => file.name),
    lateEvents: given === -1 ? 0 : lines.length - 1 - given,
  };
}

const names = Object.keys(SCENARIOS);
const ends = await Promise.all(names.map(async (name) => [name, await play(name)] as const));
process.stdout.write(`${JSON.stringify(Object.fromEntries(ends))}\n`);
process.exit(0);
