/**
 * A server for the kill campaign: `node server-main.ts DATABASE PORT [CLOCK_ERROR_MS]`; says `ready` once it listens.
 * Its machine's clock is wrong by the error given. Pilots are given up after 0.7 s of silence.
 */

import { openWorkload } from "../manager/open-workload.ts";
import { createSteadyClock } from "../manager/steady-clock.ts";
import { startPandaServer } from "../panda/server.ts";
import { simpleQueue } from "./simple-queue.ts";

const [place, port, clockErrorMs = "0"] = process.argv.slice(2);
const silence = { sentMs: 700, runningMs: 700, holdingMs: 60_000 };
const clock = createSteadyClock({
  wallMs: () => Date.now() + Number(clockErrorMs),
  monotonicMs: () => performance.now(),
});
const manager = await openWorkload(place!, { silence, clock });
await manager.defineQueue(simpleQueue("Q", "US"));
await startPandaServer(manager, { port: Number(port) });
setInterval(() => void manager.tick(0).catch((error: unknown) => process.stderr.write(`${error}\n`)), 100);
process.stdout.write("ready\n");
