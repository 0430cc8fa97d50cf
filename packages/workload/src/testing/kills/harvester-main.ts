/**
 * A harvester for the kill campaign, a process of its own: `node harvester-main.ts URL FOLDER PILOT_FILE`; says `ready` once it
 * begins. Its pilots outlive it.
 */
import { createLogger, formatLogLine } from "@almagest/base";
import { WorkloadClient } from "../../client/workload-client.ts";
import { runHarvester } from "../../harvester/harvest.ts";
import { createLocalPool } from "../../harvester/local-pool.ts";

const [url, folder, pilotFile] = process.argv.slice(2) as [string, string, string];
const settings = { harvester: "h", queue: "Q", url, folder, slots: 4, idleSec: 2, maxWorkers: 4 };
const log = createLogger((record) => process.stderr.write(`${formatLogLine(record)}\n`));
process.stdout.write("ready\n");
const ledger = new WorkloadClient({ url, timeoutMs: 3000 }).ledger();
await runHarvester(ledger, createLocalPool(pilotFile), settings, 200, new AbortController().signal, log);
