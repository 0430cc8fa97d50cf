import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "@almagest/base";
import { type Database, sql } from "@almagest/database";
import { openWorkload } from "../manager/open-workload.ts";
import type { JobSpec } from "../workflow-spec.ts";
import { simpleQueue } from "./simple-queue.ts";

/** What a campaign is run on. */
export interface KillSetup {
  /** Where `openWorkload` finds the database. */
  readonly place: string;
  /** A connection to look at it; survives the database's restarts. */
  readonly db: Database;
  readonly port: number;
  /** Stops the database as a power cut does and starts it again; absent where there is no server. */
  readonly cutDatabase?: () => Promise<void>;
  readonly kills: number;
  readonly seed: string;
  /** Hears of each kill. */
  readonly progress?: (kill: number, victim: string) => void;
}

const PILOTS = 3;
const HOUR_MS = 3_600_000;

/** A graph in which every job beyond the first hundred waits for two before it. */
function graph(count: number): JobSpec[] {
  return Array.from({ length: count }, (_, index) => {
    const parents = index < 100 ? [] : [index - 100, index - 37];
    return { name: `j${index}`, task: "x", parents };
  });
}

/** Hundreds of programs are started, each with the same sources. */
const compiled = join(tmpdir(), `almagest-kill-campaign-${process.pid}`);

function startProgram(file: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  });
  // None outlives the campaign, however it ends.
  const end = (): void => void child.kill("SIGKILL");
  process.on("exit", end);
  child.once("exit", () => process.off("exit", end));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/**
 * Runs a graph while server, database and pilots are killed at random moments, and the server comes back each time with
 * a clock that is wrong by up to three hours. Gives what is wrong at the end, empty when every promise was kept, and how
 * often each was killed.
 */
export async function runKillCampaign(setup: KillSetup): Promise<{
  readonly wrong: readonly string[];
  readonly killed: Readonly<Record<string, number>>;
  readonly jobs: number;
}> {
  const { place, db, port, kills, seed, cutDatabase } = setup;
  const random = createRandom(seed);
  const count = 100 + 20 * kills;
  const manager = await openWorkload(place);
  await manager.defineQueue(simpleQueue("Q", "US"));
  const tasks = [{ label: "x", maxAttempts: 1000 }];
  await manager.submit({ key: "k", name: "w", tasks, jobCount: count }, graph(count));
  await manager.close();
  const url = `http://127.0.0.1:${port}`;
  const startServer = async (): Promise<ChildProcess> => {
    const errorMs = random.integer(6 * HOUR_MS) - 3 * HOUR_MS;
    const child = startProgram("server-main.ts", place, String(port), String(errorMs));
    await once(child.stdout!, "data");
    return child;
  };
  let generation = 0;
  const startPilot = (): ChildProcess =>
    startProgram("simulated-pilot-main.ts", url, `${seed}-p${generation++}`);
  let server = await startServer();
  const pilots = Array.from({ length: PILOTS }, startPilot);
  const killed: Record<string, number> = { server: 0, database: 0, pilot: 0 };
  const open = async (): Promise<number> =>
    count - Number((await db.rows(sql`SELECT finished FROM task`))[0]![0]);
  try {
    for (let number = 1; number <= kills; number++) {
      const goal = (await open()) - random.integer(20);
      for (let wait = 0; wait < 400 && (await open()) > Math.max(0, goal); wait++) await sleep(10);
      await sleep(random.integer(30));
      const dice = random.uniform();
      const victim = dice < 0.45 ? "server" : dice < 0.75 && cutDatabase !== undefined ? "database" : "pilot";
      killed[victim]!++;
      setup.progress?.(number, victim);
      if (victim === "database") await cutDatabase!();
      else if (victim === "server") {
        await kill(server);
        server = await startServer();
      } else {
        const index = random.integer(PILOTS);
        await kill(pilots[index]!);
        pilots[index] = startPilot();
      }
    }
    while ((await open()) > 0) await sleep(50);
  } finally {
    for (const child of [...pilots, server]) await kill(child);
    await rm(compiled, { recursive: true, force: true });
  }
  return { wrong: await findWrong(db, count), killed, jobs: count };
}

/** Which promises the database shows to be broken. */
async function findWrong(db: Database, count: number): Promise<string[]> {
  const wrong: string[] = [];
  const number = async (query: ReturnType<typeof sql>): Promise<number> =>
    Number((await db.rows(query))[0]![0] ?? 0);
  const expect = (what: string, value: number, wanted: number): void => {
    if (value !== wanted) wrong.push(`${what}: ${value} instead of ${wanted}`);
  };
  expect("jobs that finished", await number(sql`SELECT count(*) FROM job WHERE status = 'finished'`), count);
  const finished = sql`FROM past_attempt WHERE status = 'finished'`;
  expect("attempts that finished", await number(sql`SELECT count(*) ${finished}`), count);
  expect("different jobs of them", await number(sql`SELECT count(DISTINCT job_id) ${finished}`), count);
  expect("attempts still alive", await number(sql`SELECT count(*) FROM attempt`), 0);
  expect("outputs", await number(sql`SELECT count(*) FROM output_file`), count);
  expect(
    "outputs of the attempt that finished",
    await number(sql`SELECT count(*) FROM output_file JOIN past_attempt AS past ON past.id = output_file.attempt_id
      WHERE past.status = 'finished' AND output_file.job_id = past.job_id`),
    count,
  );
  // The log's numbers are the order of the commits, whatever the clocks said.
  expect(
    "children begun before a parent's end",
    await number(sql`SELECT count(*) FROM edge
      JOIN event_log AS parent ON parent.job_id = edge.parent AND parent.what = 'finished' AND parent.subject = 'a'
      JOIN event_log AS child ON child.job_id = edge.child AND child.what = 'activated' AND child.subject = 'a'
      WHERE child.seq < parent.seq`),
    0,
  );
  expect("numbers missing in the log", await number(sql`SELECT max(seq) - count(*) FROM event_log`), 0);
  expect("jobs that the task counts as finished", await number(sql`SELECT finished FROM task`), count);
  expect("jobs left in the list of the ready", await number(sql`SELECT count(*) FROM ready_job`), 0);
  return wrong;
}
