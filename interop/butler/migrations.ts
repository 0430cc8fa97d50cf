import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  openForMigration,
  planMigrations,
  readSchemaVersions,
  runMigration,
} from "../../packages/butler/src/index.ts";
import { openPostgres, rawSql } from "../../packages/database/src/index.ts";
import { startPostgres } from "../../packages/servers/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { type Comparison, checkInto, verdict } from "./compare-queries.ts";

function ask<T>(request: unknown): T {
  const run = spawnSync(
    findPython(["lsst.daf.butler", "psycopg"]),
    [join(import.meta.dirname, "migrations.py")],
    { input: JSON.stringify(request), encoding: "utf8" },
  );
  if (run.status !== 0) throw new Error(run.stderr.slice(-2000));
  return JSON.parse(run.stdout) as T;
}

interface State {
  readonly universe: number;
  readonly datasets: unknown;
  /** Seconds (TAI) at which each dataset was ingested. */
  readonly ingested: Readonly<Record<string, number>>;
}

interface Use {
  readonly state: State & { readonly datasets: Record<string, unknown> };
  readonly exposures: readonly Record<string, unknown>[];
  readonly [name: string]: unknown;
}

/** Steps by which the original's present release can no longer make a repository: only their version is set back. */
const OLDER_MANAGERS = [
  ["attributes.DefaultButlerAttributeManager", "1.0.0"],
  ["dimensions.static.StaticDimensionRecordStorageManager", "6.0.0"],
  ["bridge.monolithic.MonolithicDatastoreRegistryBridgeManager", "0.2.0"],
];

async function migrate(root: string): Promise<void> {
  await using db = await openForMigration(root, { readOnly: false });
  for (const [name, version] of OLDER_MANAGERS)
    await db.run(
      rawSql(`UPDATE butler_attributes SET value = '${version}' WHERE name LIKE 'version:%${name}'`),
    );
  for (const step of planMigrations(await readSchemaVersions(db)))
    await runMigration(step, { db, options: {}, onProgress: () => {} });
}

/** Older tables hold microseconds of another scale, which the original gives as floating-point days. */
function sameDates(one: State["ingested"], other: State["ingested"]): boolean {
  const ids = Object.keys(one);
  return (
    ids.length === Object.keys(other).length && ids.every((id) => Math.abs(one[id]! - other[id]!) <= 10e-6)
  );
}

/** Repositories of the original with each older version of its dimensions: migrated by us, then used by the original. */
async function measure(
  universes: readonly number[],
  databaseOf: () => Promise<string | null>,
): Promise<Comparison> {
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const check = checkInto(comparison);
  const folder = await mkdtemp(join(tmpdir(), "almagest-interop-migrate-"));
  try {
    for (const universe of universes) {
      const root = join(folder, `universe-${universe}`);
      const before = ask<State>({
        do: "make",
        root,
        universe,
        database: await databaseOf(),
        old_managers: true,
      });
      await migrate(root);
      const { state, exposures, ...after } = ask<Use>({ do: "use", root });
      check(`universe of ${universe}`, state.universe, 8);
      check(`datasets of ${universe}`, state.datasets, before.datasets);
      check(`ingest dates of ${universe}`, sameDates(state.ingested, before.ingested), true);
      const sights = universe < 7 ? [true, false] : [null, null];
      const simulated = universe < 2 ? false : null;
      const firstNumbers = universe < 2 ? [41, 42] : [null, null];
      check(
        `exposures of ${universe}`,
        exposures,
        [1, 2].map((id, index) => ({
          id,
          group: `g${id}`,
          day_obs: 20240229,
          seq_start: firstNumbers[index],
          has_simulated: simulated,
          can_see_sky: sights[index],
        })),
      );
      const noon = ["2024-02-29T12:00:00.000000", "2024-03-01T12:00:00.000000"];
      check(`the rest of ${universe}`, after, {
        visits: [{ id: 1, seq_num: 41, day_obs: 20240229, azimuth: null }],
        days: universe < 6 ? [[20240229, ...noon]] : after.days,
        members: [[0, 1]],
        definitions: [[1, 1]],
        instrument: 2,
        overlapping: 2,
      });
    }
    return comparison;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Old repositories, made by the original, migrated here, used by the original. */
export const bars: Bar[] = [
  {
    name: "repositories of dimensions 0 to 7 and older managers on SQLite, migrated",
    goal: "used by the original",
    measure: async () => verdict(await measure([0, 1, 2, 3, 4, 5, 6, 7], async () => null)),
  },
  {
    name: "repositories of dimensions 0, 2, 5 and 7 and older managers on PostgreSQL, migrated",
    goal: "used by the original",
    measure: async () => {
      const server = await startPostgres(["fsync=off"]);
      let count = 0;
      try {
        const databaseOf = async (): Promise<string> => {
          const url = await server.createDatabase(`old_${++count}`);
          await using db = await openPostgres(url);
          await db.script("CREATE EXTENSION btree_gist");
          return url;
        };
        return verdict(await measure([0, 2, 5, 7], databaseOf));
      } finally {
        await server.stop();
      }
    },
  },
];
