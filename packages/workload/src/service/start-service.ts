import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, type Logger, silentLogger } from "@almagest/base";
import { openPostgres } from "@almagest/database";
import {
  createTokenVerifier,
  type LaptopIssuer,
  openLaptopIssuer,
  type TrustedIssuer,
} from "@almagest/identity";
import { type HarvestSettings, runHarvester } from "../harvester/harvest.ts";
import { HARVESTER_PLUGINS, type HarvesterPlugin } from "../harvester/harvester-plugin.ts";
import { type LogStore, openLogStore } from "../logs/log-store.ts";
import { createWorkloadManager, openWorkload } from "../manager/open-workload.ts";
import type { ManagerOptions, WorkloadManager } from "../manager/workload-manager.ts";
import { type PandaServer, type PandaServerOptions, startPandaServer } from "../panda/server.ts";
import type { WorkerLine } from "../questions/list-workers.ts";
import { exportTraces, TRACE_SUBSCRIBER } from "../traces/export-traces.ts";
import { Tracer } from "../traces/tracer.ts";
import { forwardLogs } from "./forward-logs.ts";
import { publishToBroker } from "./publish-to-broker.ts";
import { refuseSecondServer, removeServerFile, writeOperatorToken, writeServerFile } from "./server-file.ts";
import type { ServiceConfig } from "./service-config.ts";

/** How a service is started. */
export interface ServiceOptions {
  /** Holds the database (unless `database` says otherwise), the keys, and what clients on this machine look for. */
  readonly folder: string;
  readonly config: ServiceConfig;
  /** An SQLite file or the URL of a PostgreSQL database; `workload.db` of the folder unless told. */
  readonly database?: string;
  readonly host?: string;
  readonly port?: number;
  readonly log?: Logger;
  readonly clock?: Clock;
}

/** A running service. */
export interface WorkloadService extends AsyncDisposable {
  readonly manager: WorkloadManager;
  readonly url: string;
  /** A token of this service's own issuer, for its clients and pilots. */
  readonly issuer: LaptopIssuer;
  /** Ends the harvesters' rounds, sends waiting pilots away, writes what is queued, and closes. Local pilots end too;
   * those in batch systems go on and find the next server. */
  close(): Promise<void>;
}

async function openStore(place: string, options: ManagerOptions): Promise<WorkloadManager> {
  if (!/^postgres(ql)?:\/\//.test(place)) return openWorkload(place, options);
  return createWorkloadManager(await openPostgres(place), options);
}

const WEEK_SEC = 7 * 86_400;

/** Longer than any pilot lives. */
const PILOT_TOKEN_SEC = 2 * WEEK_SEC;

/** Starts manager, API, harvesters and the periodic work in this process. Throws `WORKLOAD.ALREADY_SERVED`. */
export async function startService(options: ServiceOptions): Promise<WorkloadService> {
  const { folder, config, log = silentLogger } = options;
  // The keys and tokens in it are nobody else's to read.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  refuseSecondServer(folder);
  const given = options.clock === undefined ? {} : { clock: options.clock };
  const manager = await openStore(options.database ?? join(folder, "workload.db"), given);
  const { clock } = manager;
  const issuer = await openLaptopIssuer(folder, clock);
  const stop = new AbortController();
  let server: PandaServer;
  let harvesters: readonly RunningHarvester[] = [];
  let logs: LogStore | undefined;
  const logForwards = forwardLogs(config, log.child({ part: "logs" }));
  const tracer = config.traces === undefined ? undefined : new Tracer(manager, config.traces.sample);
  try {
    await defineQueues(manager, config);
    // Nobody reads on at a place that was left when the configuration changed.
    if (tracer === undefined) await manager.unsubscribe(TRACE_SUBSCRIBER);
    logs = await openLogStore(join(folder, "logs.db"), config.logs.keepLines);
    server = await startPandaServer(manager, {
      ...(await serverOptions(options, issuer, clock)),
      ...{ logs, logForwards, pilotLog: (worker) => pilotLog(harvesters, worker) },
      ...(tracer === undefined ? {} : { tracer }),
    });
  } catch (error) {
    await logs?.[Symbol.asyncDispose]();
    await manager.close();
    throw error;
  }
  const renewToken = async (): Promise<void> =>
    writeOperatorToken(folder, await issuer.issue("operator", ["operator", "pilot"], WEEK_SEC));
  await renewToken();
  await writeServerFile(folder, server.url);
  harvesters = startHarvesters(manager, server.url, options, issuer, stop.signal);
  const ticking = keepTicking(manager, config.tickSec * 1000, clock, stop.signal, renewToken, log);
  const publishing =
    config.messages === undefined
      ? Promise.resolve()
      : publishToBroker(manager, config.messages, stop.signal, log.child({ part: "messages" }));
  const tracing =
    config.traces === undefined || tracer === undefined
      ? Promise.resolve()
      : exportTraces(manager, tracer, config.traces, stop.signal, log.child({ part: "traces" }));
  log.info("serving", { url: server.url, folder, queues: config.queues.map(({ name }) => name) });
  const close = async (): Promise<void> => {
    if (stop.signal.aborted) return;
    stop.abort();
    await Promise.all([ticking, publishing, tracing, ...harvesters.map(({ running }) => running)]);
    // While the server still listens, so that local pilots can report what they give up.
    await Promise.all(harvesters.map(({ plugin }) => plugin[Symbol.asyncDispose]()));
    await server.close();
    await Promise.all(logForwards.map((forward) => forward.close()));
    await logs?.[Symbol.asyncDispose]();
    await manager.close();
    removeServerFile(folder);
    log.info("ended", { folder });
  };
  return { manager, url: server.url, issuer, close, [Symbol.asyncDispose]: close };
}

async function serverOptions(
  { config, folder, host, port, log }: ServiceOptions,
  issuer: LaptopIssuer,
  clock: Clock,
): Promise<PandaServerOptions> {
  // What the schema leaves undefined is left out.
  const trusted = [issuer.trust, ...config.issuers] as TrustedIssuer[];
  const { tls } = config;
  return {
    access: { verify: createTokenVerifier(trusted, clock), certificates: config.certificates },
    endpoints: config.endpoints,
    queueFields: config.queueFields,
    cacheFolder: join(folder, "cache"),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(log === undefined ? {} : { log }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            cert: await readFile(tls.cert),
            key: await readFile(tls.key),
            ...(tls.ca === undefined ? {} : { ca: await readFile(tls.ca) }),
          },
        }),
  };
}

/** Queues as configured, but in the status that an operator gave them since. */
async function defineQueues(manager: WorkloadManager, { queues, shares }: ServiceConfig): Promise<void> {
  const known = new Map(manager.queues().map((queue) => [queue.name, queue.status]));
  for (const { harvester: _harvester, maxActive, ...queue } of queues) {
    await manager.defineQueue({
      ...queue,
      status: known.get(queue.name) ?? queue.status,
      ...(maxActive === undefined ? {} : { maxActive }),
    });
  }
  if (shares !== undefined && manager.shares().length === 0) await manager.setShares(shares);
}

/** What a worker's pilot printed, from the harvester whose worker it is. */
async function pilotLog(
  harvesters: readonly RunningHarvester[],
  worker: WorkerLine,
): Promise<string | undefined> {
  const own = harvesters.find(({ name }) => name === worker.harvester);
  return own?.plugin.log?.(worker, own.folder);
}

interface RunningHarvester {
  readonly name: string;
  readonly folder: string;
  readonly plugin: HarvesterPlugin;
  readonly running: Promise<void>;
}

function startHarvesters(
  manager: WorkloadManager,
  url: string,
  { config, folder, log = silentLogger }: ServiceOptions,
  issuer: LaptopIssuer,
  stop: AbortSignal,
): RunningHarvester[] {
  return config.queues.flatMap(({ name, harvester }) => {
    if (harvester === undefined) return [];
    const plugin = HARVESTER_PLUGINS.get(harvester.plugin)!(harvester.options);
    const own = { name: `almagest-${name}`, folder: harvester.folder ?? join(folder, "pilots") };
    const settings = async (): Promise<HarvestSettings> => ({
      harvester: own.name,
      queue: name,
      url: harvester.url ?? url,
      folder: own.folder,
      slots: harvester.slots,
      idleSec: harvester.idleSec,
      maxWorkers: harvester.maxWorkers,
      maxNew: harvester.maxNew,
      token: await issuer.issue(`pilot-${name}`, ["pilot"], PILOT_TOKEN_SEC),
    });
    const harvesterLog = log.child({ queue: name, plugin: harvester.plugin });
    const periodMs = harvester.periodSec * 1000;
    const running = runHarvester(manager, plugin, settings, periodMs, stop, harvesterLog).catch(
      (error: unknown) => harvesterLog.error("the harvester has ended", { error }),
    );
    return [{ ...own, plugin, running }];
  });
}

const DAY_MS = 86_400_000;

/** Gives up silent attempts and ages the shares, and renews the operator's token once a day. */
async function keepTicking(
  manager: WorkloadManager,
  periodMs: number,
  clock: Clock,
  stop: AbortSignal,
  renewToken: () => Promise<void>,
  log: Logger,
): Promise<void> {
  let last = clock.nowMs();
  let renewed = last;
  while (!stop.aborted) {
    await sleep(periodMs, undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return;
    const now = clock.nowMs();
    try {
      const lost = await manager.tick(Math.max(0, now - last));
      if (lost > 0) log.warn("gave up silent attempts", { lost });
      last = now;
      if (now - renewed > DAY_MS) {
        await renewToken();
        renewed = now;
      }
    } catch (error) {
      log.error("the periodic work failed; it is tried again", { error });
    }
  }
}
