import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../packages/base/src/index.ts";
import { openButler } from "../../packages/butler/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { newRepository } from "./bench-repository.ts";

const KILLS = Number(process.env.ALMAGEST_KILLS ?? 30);
const WRITERS = 8;
const PUTS_EACH = 100;
const WRITER = join(import.meta.dirname, "writer.ts");

interface Stored {
  readonly id: string;
  readonly index: number;
  readonly waitMs: number;
}

/** Starts a writer; gives what it said was stored, growing, and its process. */
function startWriter(args: readonly string[]): {
  stored: Stored[];
  ready: Promise<unknown>;
  ended: Promise<unknown>;
  kill(): void;
} {
  const child = spawn(process.execPath, [WRITER, ...args], { stdio: ["ignore", "pipe", "inherit"] });
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
  return { stored, ready, ended, kill: () => child.kill("SIGKILL") };
}

/** Kills writers at random moments; afterwards nothing said to be stored may be lost or doubled. */
async function killWriters(): Promise<{ figure: string; pass: boolean }> {
  const random = createRandom(7);
  const root = await newRepository(KILLS + 1, 100);
  const acknowledged: Stored[] = [];
  let problems = 0;
  try {
    for (let round = 0; round < KILLS; round++) {
      const parallel = 1 + random.integer(8);
      const writer = startWriter([root, `run/${round}`, String(round), "96", String(parallel)]);
      await writer.ready;
      await sleep(random.uniform() * 300);
      writer.kill();
      await writer.ended;
      acknowledged.push(...writer.stored);
      await using butler = await openButler(root);
      await butler.check({ repair: true, graceMs: -60_000 });
      if (!(await butler.check({ checksums: true, graceMs: -60_000 })).clean) problems++;
    }
    await using butler = await openButler(root);
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
      figure: `${KILLS} kills, ${acknowledged.length} acknowledged: ${lost} lost, ${doubled} doubled, ${problems} unclean`,
      pass: lost + doubled + problems === 0,
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Eight processes put at once. */
async function manyWriters(): Promise<{ figure: string; pass: boolean; note: string }> {
  const root = await newRepository(WRITERS, 100);
  try {
    const writers = Array.from({ length: WRITERS }, (_, index) =>
      startWriter([root, `run/${index}`, String(index), String(PUTS_EACH), "1"]),
    );
    await Promise.all(writers.map((writer) => writer.ready));
    const start = performance.now();
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

/** What faults and crowds may do to a repository: nothing. */
export const bars: Bar[] = [
  {
    name: "writers killed at random moments",
    goal: "none lost, none doubled, check clean",
    measure: killWriters,
  },
  { name: "eight writers at once on SQLite", goal: "none lost, slowest put ≤ 0.25 s", measure: manyWriters },
];
