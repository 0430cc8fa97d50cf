import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../packages/base/src/index.ts";
import { openButler } from "../../packages/butler/src/index.ts";
import { type PostgresServer, startPostgres } from "../../packages/servers/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { newRepository } from "./bench-repository.ts";

const KILLS = Number(process.env.ALMAGEST_KILLS ?? 30);
const CRASHES = Number(process.env.ALMAGEST_CRASHES ?? 3);
/** Writers that are started ahead of their turn to be killed. */
const WARM = 3;
const CHECK_EVERY = 10;
const WRITERS = 8;
const PUTS_EACH = 100;
const WRITER = join(import.meta.dirname, "writer.ts");

interface Stored {
  readonly id: string;
  readonly index: number;
  readonly waitMs: number;
}

/** A writer in a process of its own. */
interface Writer {
  /** What it said was stored, growing. */
  readonly stored: Stored[];
  readonly ready: Promise<unknown>;
  readonly ended: Promise<unknown>;
  go(): void;
  kill(): void;
}

/** Starts a writer, which writes once told to go. */
function startWriter(args: readonly string[]): Writer {
  const child = spawn(process.execPath, [WRITER, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    // Modules compiled once serve all writers; those that are killed would compile them again and again.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "almagest-bench-code") },
  });
  const stored: Stored[] = [];
  const lines = createInterface({ input: child.stdout });
  let isReady!: () => void;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  lines.on("line", (line) => {
    if (line === "ready") return isReady();
    const [id, index, waitMs] = line.split(" ");
    stored.push({ id: id!, index: Number(index), waitMs: Number(waitMs) });
  });
  const ended = Promise.all([once(child, "exit"), once(lines, "close")]);
  child.stdin.on("error", () => {});
  return {
    stored,
    ready,
    ended,
    go: () => void child.stdin.write("go\n"),
    kill: () => void child.kill("SIGKILL"),
  };
}

/** What is left of what writers were told is stored: lost, stored twice for one data id, and whether a check finds nothing. */
async function judge(
  root: string,
  acknowledged: readonly Stored[],
): Promise<{ figure: string; pass: boolean }> {
  await using butler = await openButler(root);
  await butler.check({ repair: true, graceMs: -60_000 });
  const { clean } = await butler.check({ checksums: true, graceMs: -60_000 });
  const refs = await butler.getDatasets(acknowledged.map(({ id }) => id));
  const byId = new Map(refs.map((ref) => [ref.id, ref]));
  let lost = 0;
  for (const { id, index } of acknowledged) {
    const ref = byId.get(id);
    const value = ref === undefined ? undefined : await butler.get(ref).catch(() => undefined);
    if ((value as { index?: number } | undefined)?.index !== index) lost++;
  }
  const all = await butler.queryDatasets("vd", { collections: "run/*", findFirst: false });
  const distinct = new Set(all.map((ref) => `${ref.run} ${JSON.stringify(ref.dataId)}`));
  const doubled = all.length - distinct.size;
  return {
    figure: `${acknowledged.length} acknowledged: ${lost} lost, ${doubled} doubled, check ${clean ? "clean" : "not clean"}`,
    pass: lost + doubled === 0 && clean,
  };
}

/** Kills writers at random moments; afterwards nothing said to be stored may be lost or doubled. */
async function killWriters(database?: string): Promise<{ figure: string; pass: boolean }> {
  const random = createRandom(7);
  const root = await newRepository(KILLS + 1, 100, [], database === undefined ? {} : { database });
  const acknowledged: Stored[] = [];
  const warm: Writer[] = [];
  let problems = 0;
  try {
    const start = (round: number): Writer => {
      const parallel = String(1 + random.integer(8));
      return startWriter([root, `run/${round}`, String(round), "96", parallel]);
    };
    // One that ends by itself leaves its compiled modules to the others.
    const first = startWriter([root, "run/first", "0", "0", "1"]);
    first.go();
    await first.ended;
    for (let round = 0; round < Math.min(WARM, KILLS); round++) warm.push(start(round));
    for (let round = 0; round < KILLS; round++) {
      const writer = warm.shift()!;
      await writer.ready;
      writer.go();
      // At any moment of a put, and after any number of them, however slow the machine is just now.
      const after = random.integer(24);
      while (writer.stored.length < after) await sleep(1);
      await sleep(random.uniform() * 20);
      writer.kill();
      await writer.ended;
      acknowledged.push(...writer.stored);
      if (round + WARM < KILLS) warm.push(start(round + WARM));
      if (round % CHECK_EVERY !== CHECK_EVERY - 1) continue;
      await using butler = await openButler(root);
      await butler.check({ repair: true, graceMs: -60_000 });
      if (!(await butler.check({ checksums: true, graceMs: -60_000 })).clean) problems++;
    }
    const { figure, pass } = await judge(root, acknowledged);
    return { figure: `${KILLS} kills, ${figure}, ${problems} unclean between`, pass: pass && problems === 0 };
  } finally {
    for (const writer of warm) writer.kill();
    await rm(root, { recursive: true, force: true });
  }
}

/** Eight processes put at once. */
async function manyWriters(database?: string): Promise<{ figure: string; pass: boolean; note: string }> {
  const root = await newRepository(WRITERS, 100, [], database === undefined ? {} : { database });
  try {
    const writers = Array.from({ length: WRITERS }, (_, index) =>
      startWriter([root, `run/${index}`, String(index), String(PUTS_EACH), "1"]),
    );
    await Promise.all(writers.map((writer) => writer.ready));
    const start = performance.now();
    for (const writer of writers) writer.go();
    await Promise.all(writers.map((writer) => writer.ended));
    const seconds = (performance.now() - start) / 1000;
    const stored = writers.flatMap((writer) => writer.stored);
    await using butler = await openButler(root, { readOnly: true });
    const present = (await butler.getDatasets(stored.map(({ id }) => id))).length;
    const slowest = Math.max(...stored.map(({ waitMs }) => waitMs));
    const wanted = WRITERS * PUTS_EACH;
    return {
      figure: `${wanted - present} lost, slowest ${(slowest / 1000).toFixed(2)} s`,
      pass: present === wanted && slowest <= 250,
      note: `${Math.round(wanted / seconds)} puts/s together`,
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The server ends without warning and comes back, again and again, while writers write. */
async function crashServer(): Promise<{ figure: string; pass: boolean }> {
  const server = await startPostgres();
  const root = await newRepository(WRITERS, 100, [], { database: server.createDatabase("crashes") });
  try {
    const writers = Array.from({ length: 2 }, (_, index) =>
      startWriter([root, `run/${index}`, String(index), "96", "4"]),
    );
    await Promise.all(writers.map((writer) => writer.ready));
    for (const writer of writers) writer.go();
    const random = createRandom(11);
    for (let crash = 0; crash < CRASHES; crash++) {
      await sleep(200 + random.uniform() * 400);
      await server.crash();
      await server.start();
    }
    await Promise.all(writers.map((writer) => writer.ended));
    const stored = writers.flatMap((writer) => writer.stored);
    const { figure, pass } = await judge(root, stored);
    return { figure: `${CRASHES} crashes, ${figure}`, pass };
  } finally {
    await rm(root, { recursive: true, force: true });
    await server.stop();
  }
}

/** Two Butlers put under the same ids and data ids at once: each id has one owner, who can read what it wrote. */
async function race(database?: string): Promise<{ figure: string; pass: boolean }> {
  const root = await newRepository(2, 100, ["run/race"], database === undefined ? {} : { database });
  try {
    await using one = await openButler(root, { run: "run/race" });
    await using other = await openButler(root, { run: "run/race" });
    const winners: Stored[] = [];
    let both = 0;
    let neither = 0;
    for (let index = 0; index < 100; index++) {
      const id = crypto.randomUUID();
      const dataId = { instrument: "Cam", visit: 0, detector: index };
      const outcomes = await Promise.allSettled(
        [one, other].map((butler, who) => butler.put({ index: 2 * index + who }, "vd", dataId, { id })),
      );
      const won = outcomes.flatMap((outcome, who) => (outcome.status === "fulfilled" ? [who] : []));
      if (won.length > 1) both++;
      if (won.length === 0) neither++;
      if (won.length === 1) winners.push({ id, index: 2 * index + won[0]!, waitMs: 0 });
    }
    const { figure, pass } = await judge(root, winners);
    return {
      figure: `100 races, both won ${both}, neither ${neither}; ${figure}`,
      pass: pass && both + neither === 0,
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Puts until the disk is full; what was acknowledged stays, and there is an error that says so. */
async function fillDisk(): Promise<{ figure: string; pass: boolean }> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]);
  try {
    const root = await newRepository(20, 100, ["run/full"], { folder });
    const stored: Stored[] = [];
    let refusal = "";
    {
      await using butler = await openButler(root, { run: "run/full" });
      for (let index = 0; index < 2000 && refusal === ""; index++) {
        const dataId = { instrument: "Cam", visit: Math.floor(index / 100), detector: index % 100 };
        try {
          const { id } = await butler.put({ index, text: "x".repeat(20_000) }, "vd", dataId);
          stored.push({ id, index, waitMs: 0 });
        } catch (error) {
          const { code, cause } = error as { code?: string; cause?: { code?: string } };
          refusal = /ENOSPC/.test(String(cause?.code)) ? "ENOSPC" : String(code);
        }
      }
    }
    const { figure, pass } = await judge(root, stored);
    return { figure: `refused by ${refusal}; ${figure}`, pass: pass && /FULL|ENOSPC/.test(refusal) };
  } finally {
    execFileSync("umount", [folder]);
    await rm(folder, { recursive: true, force: true });
  }
}

let server: Promise<PostgresServer> | undefined;
let count = 0;

async function onServer<T>(use: (database: string) => Promise<T>): Promise<T> {
  server ??= startPostgres();
  return use((await server).createDatabase(`faults_${++count}`));
}

const KILLED = "none lost, none doubled, check clean";
const CROWD = "none lost, slowest put ≤ 0.25 s";
const RACED = "one winner each, nothing lost or doubled, check clean";

/** What faults and crowds may do to a repository: nothing. */
export const bars: Bar[] = [
  { name: "writers killed at random moments, SQLite", goal: KILLED, measure: () => killWriters() },
  {
    name: "writers killed at random moments, PostgreSQL",
    goal: KILLED,
    measure: () => onServer(killWriters),
  },
  { name: "PostgreSQL crashes and restarts under writers", goal: KILLED, measure: crashServer },
  { name: "two writers race for one id, SQLite", goal: RACED, measure: () => race() },
  { name: "two writers race for one id, PostgreSQL", goal: RACED, measure: () => onServer(race) },
  { name: "disk full", goal: `refused by name, ${KILLED}`, measure: fillDisk },
  { name: "eight writers at once on SQLite", goal: CROWD, measure: () => manyWriters() },
  { name: "eight writers at once on PostgreSQL", goal: CROWD, measure: () => onServer(manyWriters) },
];
