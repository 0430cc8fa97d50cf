import { rm } from "node:fs/promises";
import { type Butler, openButler } from "../../packages/butler/src/index.ts";
import { type PostgresServer, startPostgres } from "../../packages/servers/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { CAM, newRepository } from "./bench-repository.ts";

/** Largest repository; 10,000,000 takes a while. */
const LARGEST = Number(process.env.ALMAGEST_GROWTH ?? 1_000_000);
const VISITS = 1000;
const DETECTORS = 100;
/** Rows inserted and queried at each size. */
const SAMPLE = 10_000;
const FACTOR = 2;
const ROUNDS = 5;

/** Microseconds per row at one size. */
interface Cost {
  readonly datasets: number;
  readonly insertUs: number;
  readonly queryUs: number;
}

async function insertRun(butler: Butler, run: string, count: number): Promise<number> {
  const datasetType = await butler.getDatasetType("vd");
  await butler.registerRun(run);
  const requests = Array.from({ length: count }, (_, index) => ({
    datasetType,
    dataId: { instrument: CAM, visit: Math.floor(index / DETECTORS), detector: index % DETECTORS },
  }));
  const refs = butler.makeRefs(requests, run);
  const start = performance.now();
  await butler.registerDatasets(refs);
  return performance.now() - start;
}

/** The cost of the next `SAMPLE` rows; the best of some rounds, as other programs only ever add to it. */
async function sample(butler: Butler, datasets: number): Promise<Cost> {
  let insertMs = Number.POSITIVE_INFINITY;
  let queryMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const run = `sample/${datasets}/${round}`;
    insertMs = Math.min(insertMs, await insertRun(butler, run, SAMPLE));
    const start = performance.now();
    const found = await butler.queryDatasets("vd", { collections: run });
    queryMs = Math.min(queryMs, performance.now() - start);
    if (found.length !== SAMPLE) throw new Error(`${found.length} datasets of ${SAMPLE}`);
  }
  return { datasets, insertUs: (insertMs / SAMPLE) * 1000, queryUs: (queryMs / SAMPLE) * 1000 };
}

/** Work on another repository that the compiler needs to see first: the first rows of a program are slow at any size. */
async function warmUp(): Promise<void> {
  const root = await newRepository(VISITS, DETECTORS);
  try {
    await using butler = await openButler(root);
    await sample(butler, 0);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function grow(database?: string): Promise<{ figure: string; pass: boolean; note: string }> {
  await warmUp();
  const root = await newRepository(VISITS, DETECTORS, [], database === undefined ? {} : { database });
  try {
    await using butler = await openButler(root);
    const costs: Cost[] = [];
    let filled = 0;
    for (let size = 10_000; size <= LARGEST; size *= 10) {
      while (filled < size) {
        const count = Math.min(VISITS * DETECTORS, size - filled);
        await insertRun(butler, `fill/${filled}`, count);
        filled += count;
      }
      costs.push(await sample(butler, size));
    }
    const spread = (of: (cost: Cost) => number): number =>
      Math.max(...costs.map(of)) / Math.min(...costs.map(of));
    const [insert, query] = [spread((cost) => cost.insertUs), spread((cost) => cost.queryUs)];
    return {
      figure: `insert ×${insert.toFixed(2)}, query ×${query.toFixed(2)} between 10,000 and ${LARGEST.toLocaleString("en")}`,
      pass: insert <= FACTOR && query <= FACTOR,
      note: costs
        .map(
          ({ datasets, insertUs, queryUs }) =>
            `${datasets}: ${insertUs.toFixed(1)} and ${queryUs.toFixed(1)} µs a row`,
        )
        .join("; "),
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function growOnServer(): Promise<{ figure: string; pass: boolean; note: string }> {
  const server: PostgresServer = await startPostgres();
  try {
    return await grow(server.createDatabase("growth"));
  } finally {
    await server.stop();
  }
}

const GOAL = `time per row within ${FACTOR}×`;

/** What a row costs to insert and to find as a repository grows. */
export const bars: Bar[] = [
  { name: "growth on SQLite", goal: GOAL, measure: () => grow() },
  { name: "growth on PostgreSQL", goal: GOAL, measure: growOnServer },
];
