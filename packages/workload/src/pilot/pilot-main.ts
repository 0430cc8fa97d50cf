/** The pilot as a program: `node pilot-main.ts --url URL --queue NAME --folder DIR [--slots N] …`. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createLogger, formatLogLine } from "@almagest/base";
import { runPilot } from "./run-pilot.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    queue: { type: "string" },
    folder: { type: "string" },
    slots: { type: "string", default: "1" },
    "worker-id": { type: "string" },
    harvester: { type: "string", default: "" },
    "idle-sec": { type: "string", default: "300" },
    "heartbeat-sec": { type: "string", default: "600" },
    "sample-sec": { type: "string", default: "5" },
  },
});
const { url, queue, folder } = values;
if (url === undefined || queue === undefined || folder === undefined) {
  process.stderr.write("Usage: pilot-main --url URL --queue NAME --folder DIR [--slots N] [--idle-sec S]\n");
  process.exit(2);
}
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
// The token comes by the environment or a file, where other users' ps does not show it, and goes no further.
const { ALMAGEST_PILOT_TOKEN, ALMAGEST_PILOT_TOKEN_FILE } = process.env;
delete process.env.ALMAGEST_PILOT_TOKEN;
delete process.env.ALMAGEST_PILOT_TOKEN_FILE;
const written =
  ALMAGEST_PILOT_TOKEN_FILE === undefined
    ? undefined
    : readFileSync(ALMAGEST_PILOT_TOKEN_FILE, "utf8").trim();
const token = ALMAGEST_PILOT_TOKEN ?? (written || undefined);
const workerId = values["worker-id"];
const log = createLogger((record) => process.stderr.write(`${formatLogLine(record)}\n`));
const count = await runPilot(
  {
    url,
    queue,
    folder,
    slots: Number(values.slots),
    idleMs: Number(values["idle-sec"]) * 1000,
    heartbeatMs: Number(values["heartbeat-sec"]) * 1000,
    sampleMs: Number(values["sample-sec"]) * 1000,
    ...(token === undefined ? {} : { token }),
    ...(workerId === undefined ? {} : { worker: { id: Number(workerId), harvester: values.harvester } }),
    log,
  },
  stop.signal,
);
log.info("pilot ends", { jobs: count });
