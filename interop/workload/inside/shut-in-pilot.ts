/**
 * Runs inside private PID, mount and network namespaces (see ../real-pilot.ts): our server, and PanDA's own pilot as the user
 * nobody, once per job. Prints one line of JSON: how each job ended. `node shut-in-pilot.ts SOURCE FOLDER`
 */
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTokenVerifier, openLaptopIssuer } from "@almagest/identity";
import { type JobSpec, openWorkload, startPandaServer } from "@almagest/workload";
import { runRealPilot } from "./run-real-pilot.ts";

const PORT = 25_080;
const TRF_PORT = 25_081;
const [source, folder] = process.argv.slice(2) as [string, string];

const SCRIPTS: Readonly<Record<string, string>> = {
  good: '#!/bin/bash\necho "sky $@" > out.txt\necho done\n',
  bad: "#!/bin/bash\necho no such star >&2\nexit 7\n",
  long: "#!/bin/bash\nsleep 300\n",
};

/** A job in the words of a real pilot; lists run parallel, the log is the last output and not in scopeOut. */
function job(name: string): JobSpec {
  const log = `${name}.log.tgz`;
  const outputs = name === "good" ? ["out.txt", log] : [log];
  const all = (word: string): string => outputs.map(() => word).join(",");
  const panda = {
    transformation: `http://127.0.0.1:${TRF_PORT}/trf/${name}.sh`,
    jobPars: "-a 1",
    outFiles: outputs.join(","),
    realDatasets: all("user.tester.data"),
    destinationDblock: all("user.tester.data"),
    destinationDBlockToken: all("LOCAL"),
    fileDestinationSE: all("Q"),
    ddmEndPointOut: all("LOCAL"),
    scopeOut: outputs
      .slice(1)
      .map(() => "user.tester")
      .join(","),
    scopeLog: "user.tester",
    logFile: log,
    logGUID: "5d1a1f3e-0000-4000-8000-000000000001",
  };
  return { name, task: name, payload: { panda } };
}

const store = join(folder, "store");
mkdirSync(store, { recursive: true });
const issuer = await openLaptopIssuer(folder);
const VO_GROUP = "panda_dev/pilot";
const TOKEN = await issuer.issue("pilot", [VO_GROUP], 3600);
const manager = await openWorkload(join(folder, "workload.db"));
const endpoint = (activity: string) => ({ [activity]: [["LOCAL", "file://localhost", store]] });
await startPandaServer(manager, {
  port: PORT,
  access: {
    verify: createTokenVerifier([{ ...issuer.trust, grants: [{ group: VO_GROUP, roles: ["pilot"] }] }]),
  },
  endpoints: {
    LOCAL: {
      id: 1,
      state: "ACTIVE",
      site: "US",
      type: "DATADISK",
      is_deterministic: true,
      resource: { endpoint: "file://localhost" },
      arprotocols: Object.fromEntries(
        ["read_lan", "write_lan", "write_wan", "read_wan"].map((name) => [
          name,
          [{ id: 1, endpoint: "file://localhost", path: store }],
        ]),
      ),
      rprotocols: endpoint("1"),
    },
  },
  queueFields: {
    astorages: { default: ["LOCAL"], write_lan: ["LOCAL"], pr: ["LOCAL"], pw: ["LOCAL"], pl: ["LOCAL"] },
  },
});
createServer((request, response) => {
  const name = /([a-z]+)\.sh$/.exec(request.url ?? "")?.[1] ?? "";
  response.writeHead(SCRIPTS[name] === undefined ? 404 : 200);
  response.end(SCRIPTS[name] ?? "");
}).listen(TRF_PORT, "127.0.0.1");

await manager.defineQueue({
  name: "Q",
  facility: "US",
  status: "online",
  cores: 1,
  memoryMb: 8000,
  wallSec: 172_800,
  diskMb: 100_000,
  software: [],
  backlog: 10,
});

const trfUrl = `http://127.0.0.1:${TRF_PORT}/trf`;
const site = { source, folder, store, port: PORT, trfUrl, token: TOKEN };

const ends: Record<string, unknown> = {};
for (const name of ["good", "bad", "long"]) {
  const tasks = [{ label: name, maxAttempts: 1, request: { memoryMb: 1000, wallSec: 3600 } }];
  const { firstJob } = await manager.submit({ key: name, name, tasks, jobCount: 1 }, [job(name)]);
  const running = runRealPilot(site, name);
  let killedMs = 0;
  if (name === "long") {
    let ended = false;
    void running.then(() => (ended = true));
    while (!ended && (await manager.explain(firstJob)).attempts[0]?.status !== "running") await sleep(100);
    await sleep(1000);
    await manager.cancelJob(firstJob);
    killedMs = Date.now();
  }
  const exit = await running;
  const { status, attempts } = await manager.explain(firstJob);
  const outputs = await manager.outputs(firstJob);
  const stopSec = killedMs === 0 ? 0 : (Date.now() - killedMs) / 1000;
  const words = readFileSync(join(folder, name, "pilot.out"), "utf8");
  const reports = [...new Set(words.match(/\b1[1-3]\d\d\b(?=[,:\])])/g) ?? [])];
  ends[name] = {
    exit,
    status,
    stopSec,
    reports,
    failure: attempts.at(-1)?.failure,
    outputs: outputs.map((file) => file.name),
  };
}
process.stdout.write(`${JSON.stringify(ends)}\n`);
process.exit(0);
