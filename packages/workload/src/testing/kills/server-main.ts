/**
 * A server for the kill campaign: `node server-main.ts SETTINGS`, JSON of `ServerSettings`; says `ready` once it listens. Its
 * machine's clock is wrong from the beginning, and steps again at every SIGUSR2. Pilots are given up after some silence.
 */

import { createStompBus } from "@almagest/messages";
import { publishEvents } from "../../events/publish-events.ts";
import { openWorkload } from "../../manager/open-workload.ts";
import { startPandaServer } from "../../panda/server.ts";
import { simpleQueue } from "../simple-queue.ts";

/** How the server is started. */
export interface ServerSettings {
  readonly place: string;
  readonly host: string;
  readonly port: number;
  /** Error of the machine's clock, and by how much more at every SIGUSR2. */
  readonly clockErrorMs: number;
  readonly silenceMs: number;
  /** Where events are published; nowhere when absent. */
  readonly broker?: { readonly port: number; readonly login: string; readonly passcode: string };
}

const settings = JSON.parse(process.argv[2]!) as ServerSettings;
const { place, host, port, clockErrorMs, silenceMs, broker } = settings;
let errorMs = clockErrorMs;
const rightMs = Date.now;
Date.now = () => rightMs() + errorMs;
process.on("SIGUSR2", () => {
  errorMs -= 2 * clockErrorMs;
});
const silence = { sentMs: silenceMs, runningMs: silenceMs, holdingMs: 60_000 };
const manager = await openWorkload(place, { silence });
await manager.defineQueue(simpleQueue("Q", "US"));
await startPandaServer(manager, { host, port });
setInterval(() => void manager.tick(0).catch((error: unknown) => process.stderr.write(`${error}\n`)), 100);
if (broker !== undefined) void publish();
process.stdout.write("ready\n");

async function publish(): Promise<void> {
  // Its place in the log from the beginning, whenever the broker comes.
  await manager.subscribe("messages");
  for (;;) {
    try {
      await using bus = await createStompBus({ host: "127.0.0.1", ...broker! });
      await publishEvents(manager, bus, { pollMs: 20 }, new AbortController().signal);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
