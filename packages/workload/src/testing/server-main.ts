/** A server for the crash campaign: `node server-main.ts DATABASE PORT`; says `ready` once it listens. */
import { openWorkload } from "../manager/workload-manager.ts";
import { startPandaServer } from "../panda/server.ts";
import { simpleQueue } from "./simple-queue.ts";

const [path, port] = process.argv.slice(2);
const silence = { sentMs: 700, runningMs: 700, holdingMs: 60_000 };
const manager = await openWorkload(path!, { silence });
await manager.defineQueue(simpleQueue("Q", "US"));
await startPandaServer(manager, { port: Number(port) });
setInterval(() => void manager.tick(0), 100);
process.stdout.write("ready\n");
