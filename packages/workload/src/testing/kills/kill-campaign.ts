import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@almagest/base";
import { type Database, sql } from "@almagest/database";
import { openWorkload } from "../../manager/open-workload.ts";
import { simpleQueue } from "../simple-queue.ts";
import { findBrokenPromises } from "./broken-promises.ts";
import { bundlePrograms, type Program, startProgram } from "./campaign-programs.ts";
import { readEvents } from "./event-reader.ts";
import { FATED_TASKS, fatedGraph } from "./fated-graph.ts";
import type { ServerSettings } from "./server-main.ts";

/** What a campaign is run on. What is absent is spared. */
export interface KillSetup {
  /** Where `openWorkload` finds the database. */
  readonly place: string;
  /** A connection to look at it; survives the database's restarts. */
  readonly db: Database;
  /** For the pilots' files and the programs' logs. */
  readonly folder: string;
  readonly port: number;
  readonly kills: number;
  readonly seed: string;
  /** Stops the database as a power cut does and starts it again. */
  readonly cutDatabase?: () => Promise<void>;
  /** Fills the database's disk for a while, and sees to it that the database runs afterwards. */
  readonly fillDisk?: () => Promise<void>;
  /** Where events are published. */
  readonly broker?: ServerSettings["broker"] & { kill(): Promise<void>; start(): Promise<void> };
  /** Harvester and pilots live in it. */
  readonly network?: {
    readonly address: string;
    readonly inside: readonly string[];
    cut(): void;
    heal(): void;
  };
  /** Hears of each kill. */
  readonly progress?: (kill: number, victim: string) => void;
}

/** What a campaign found. */
export interface KillOutcome {
  /** Empty when every promise was kept. */
  readonly wrong: readonly string[];
  /** How often each was killed. */
  readonly killed: Readonly<Record<string, number>>;
  /** How often something else befell them. */
  readonly suffered: Readonly<Record<string, number>>;
  readonly jobs: number;
}

const HOUR_MS = 3_600_000;
/** A pilot that is silent for so long is given up; a cut of the network lasts longer. */
const SILENCE_MS = 1500;
const CUT_MS = 2500;

/** How often each is the victim, of those that are there. */
const WEIGHTS = { server: 30, database: 18, pilot: 25, harvester: 17, broker: 10 } as const;
type Victim = keyof typeof WEIGHTS;

/**
 * Runs a graph while server, harvester, pilots, database and broker are killed at random moments, the network between server
 * and pilots is cut for longer than the heartbeat limit, the disk fills, and the server's clock is wrong by up to three hours
 * and steps. Then looks at database, files and messages for promises that were broken.
 */
export async function runKillCampaign(setup: KillSetup): Promise<KillOutcome> {
  const { place, db, kills, seed, folder, port, network, broker } = setup;
  const random = createRandom(seed);
  const count = 20 * Math.ceil(5 + kills / 2);
  const pilotFolder = join(folder, "pilots");
  mkdirSync(pilotFolder, { recursive: true });
  const manager = await openWorkload(place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  await manager.subscribe("messages");
  await manager.submit({ key: "k", name: "w", tasks: FATED_TASKS, jobCount: count }, fatedGraph(count));
  await manager.close();
  await using programs = await bundlePrograms();
  await using reader = broker === undefined ? undefined : await readEvents(broker);
  const host = network?.address ?? "127.0.0.1";
  const start = (
    name: "server-main" | "harvester-main",
    before: readonly string[],
    words: readonly string[],
  ) =>
    startProgram([...before, process.execPath, programs.file(name), ...words], join(folder, `${name}.log`));
  const startServer = (): Promise<Program> => {
    const clockErrorMs = random.integer(6 * HOUR_MS) - 3 * HOUR_MS;
    const settings: ServerSettings = {
      ...{ place, host, port, clockErrorMs, silenceMs: SILENCE_MS },
      ...(broker === undefined
        ? {}
        : { broker: { port: broker.port, login: broker.login, passcode: broker.passcode } }),
    };
    return start("server-main", [], [JSON.stringify(settings)]);
  };
  const pilotFile = programs.file("simulated-pilot-main");
  const startHarvester = (): Promise<Program> =>
    start("harvester-main", network?.inside ?? [], [`http://${host}:${port}`, pilotFolder, pilotFile]);
  const livePilots = async (): Promise<number[]> => {
    const rows = await db.rows(
      sql`SELECT batch_id FROM worker WHERE batch_id <> '' ORDER BY id DESC LIMIT 40`,
    );
    return rows.map(([pid]) => Number(pid)).filter((pid) => runs(pid, pilotFile));
  };
  let server = await startServer();
  let harvester = await startHarvester();
  let brokerBack: Promise<unknown> = Promise.resolve();
  const killed: Record<string, number> = {};
  const suffered: Record<string, number> = {};
  const open = async (): Promise<number> =>
    count - Number((await db.rows(sql`SELECT sum(finished + failed + pruned) FROM task`))[0]![0]);

  const strike: Readonly<Record<Victim, () => Promise<void>>> = {
    async server() {
      await server.kill();
      server = await startServer();
    },
    async harvester() {
      await harvester.kill();
      harvester = await startHarvester();
    },
    async pilot() {
      const pids = await livePilots();
      if (pids.length > 0) process.kill(pids[random.integer(pids.length)]!, "SIGKILL");
    },
    database: async () => setup.cutDatabase!(),
    async broker() {
      await brokerBack;
      await broker!.kill();
      // Its start takes seconds; the others go on meanwhile. Whoever took its port in between gives it back.
      brokerBack = broker!
        .start()
        .catch(() => sleep(2000).then(() => broker!.start()))
        .catch(() => sleep(10_000).then(() => broker!.start()));
      brokerBack.catch(() => {});
    },
  };
  const spared = (victim: Victim): boolean =>
    (victim === "database" && setup.cutDatabase === undefined) ||
    (victim === "broker" && broker === undefined);
  const victims = (Object.keys(WEIGHTS) as Victim[]).filter((victim) => !spared(victim));
  const total = victims.reduce((sum, victim) => sum + WEIGHTS[victim], 0);
  const chooseVictim = (): Victim => {
    let dice = random.uniform() * total;
    return victims.find((victim) => (dice -= WEIGHTS[victim]) < 0) ?? "server";
  };

  /** What befalls them besides, at some kills. */
  const besides: readonly (readonly [string, number, (() => Promise<void>) | undefined])[] = [
    ["clock stepped", 10, async () => void process.kill(server.pid, "SIGUSR2")],
    [
      "network cut",
      20,
      network === undefined
        ? undefined
        : async () => {
            network.cut();
            await sleep(CUT_MS);
            network.heal();
          },
    ],
    ["disk full", 40, setup.fillDisk],
  ];
  try {
    for (let number = 1; number <= kills; number++) {
      const goal = (await open()) - random.integer(16);
      for (let wait = 0; wait < 150 && (await open()) > Math.max(0, goal); wait++) await sleep(20);
      await sleep(random.integer(30));
      for (const [what, period, befall] of besides) {
        if (befall === undefined || number % period !== period >> 2) continue;
        suffered[what] = (suffered[what] ?? 0) + 1;
        await befall();
      }
      const victim = chooseVictim();
      killed[victim] = (killed[victim] ?? 0) + 1;
      setup.progress?.(number, victim);
      await strike[victim]();
    }
    await brokerBack;
    while ((await open()) > 0) await sleep(50);
    // The pilots end for want of work, and their harvester sees it.
    const working = sql`SELECT count(*) FROM worker WHERE status IN ('pending', 'submitted', 'running', 'idle')`;
    for (let wait = 0; wait < 1200 && Number((await db.rows(working))[0]![0]) > 0; wait++) await sleep(50);
    const wrong = await findBrokenPromises(db, count, pilotFolder);
    const unheard = (await reader?.judge(db, 60_000)) ?? [];
    return { wrong: [...wrong, ...unheard], killed, suffered, jobs: count };
  } finally {
    await Promise.all([server.kill(), harvester.kill()]);
    for (const pid of await livePilots().catch(() => [])) process.kill(pid, "SIGKILL");
  }
}

/** True while a process lives that was started with this file. */
function runs(pid: number, file: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(file);
  } catch {
    return false; // It has ended.
  }
}
