import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, statfsSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Database, openPostgres, sql } from "@almagest/database";
import {
  createNamespace,
  freePorts,
  missingForActiveMq,
  missingForNamespace,
  type PostgresServer,
  startActiveMq,
  startPostgres,
} from "@almagest/servers";
import { runKillCampaign } from "../../packages/workload/src/testing/kills/kill-campaign.ts";
import type { Bar } from "../../scripts/bar.ts";

/** Kills of the campaign: `WORKLOAD_KILLS=500` for the whole. */
const KILLS = Number(process.env.WORKLOAD_KILLS ?? 20);

/** Size of the database's disk. */
const DISK_MB = 600;
/** So long it stays full. */
const FULL_MS = 700;

/** A folder on a disk of its own, in memory; undefined where this process may not mount one. */
function smallDisk(folder: string): string | undefined {
  const words = ["-t", "tmpfs", "-o", `size=${DISK_MB}m,mode=1777`, "tmpfs", folder];
  return spawnSync("mount", words).status === 0 ? folder : undefined;
}

/** Leaves no byte on the disk for a while; the database may fall over it, and is then started again. */
async function fillDisk(disk: string, server: PostgresServer, db: Database): Promise<void> {
  const { bavail, bsize } = statfsSync(disk);
  const ballast = join(disk, "ballast");
  spawnSync("fallocate", ["-l", String(bavail * bsize), ballast]);
  await sleep(FULL_MS);
  unlinkSync(ballast);
  const answers = db.rows(sql`SELECT 1`).then(
    () => true,
    () => false,
  );
  if (await Promise.race([answers, sleep(3000, false)])) return;
  await server.crash();
  await server.start();
}

/** That nothing is lost or done twice, whatever dies. */
export const bars: Bar[] = [
  {
    name: `kill -9 of server, harvester, pilots, database and broker at ${KILLS} random points, cut networks, full disks and clock steps (WORKLOAD_KILLS sets the number)`,
    goal: "at 500 points: every job ends once in its right state, its outputs appear once, no child before its parents, each event told",
    async measure() {
      const folder = mkdtempSync(join(tmpdir(), "kills-"));
      chmodSync(folder, 0o755);
      const disk = smallDisk(mkdtempSync(join(folder, "disk-")));
      const settings = [
        "max_wal_size = 64MB",
        "min_wal_size = 32MB",
        "wal_keep_size = 0",
        "autovacuum_naptime = 5s",
      ];
      const server = await startPostgres(settings, disk === undefined ? undefined : join(disk, "postgres"));
      const network = missingForNamespace() === "" ? createNamespace() : undefined;
      const broker = missingForActiveMq() === "" ? await startActiveMq() : undefined;
      const db = await openPostgres(server.createDatabase("kills"));
      try {
        const [port] = await freePorts(1);
        const start = performance.now();
        const { wrong, killed, suffered, jobs } = await runKillCampaign({
          place: server.createDatabase("kills"),
          ...{ db, folder, port: port!, kills: KILLS },
          seed: process.env.WORKLOAD_SEED ?? "kills",
          cutDatabase: async () => {
            await server.crash();
            await server.start();
          },
          ...(disk === undefined ? {} : { fillDisk: () => fillDisk(disk, server, db) }),
          ...(network === undefined ? {} : { network }),
          ...(broker === undefined ? {} : { broker }),
          progress: (number, victim) => {
            if (number % 10 !== 0) return;
            const seconds = ((performance.now() - start) / 1000).toFixed(0);
            process.stderr.write(`kill ${number}: ${victim}, ${seconds} s\n`);
          },
        });
        const say = (counts: Readonly<Record<string, number>>): string =>
          Object.entries(counts)
            .map(([what, count]) => `${what} ${count}`)
            .join(", ");
        const seconds = ((performance.now() - start) / 1000).toFixed(0);
        const all = Object.keys(killed).length === 5 && Object.keys(suffered).length === 3;
        return {
          figure:
            wrong.length === 0
              ? `nothing wrong after ${KILLS} kills (${say(killed)}; ${say(suffered)})`
              : wrong.join("; "),
          pass: wrong.length === 0 && KILLS >= 500 && all,
          note: `${jobs} jobs, each restarted server with a clock wrong by up to 3 h; ${seconds} s; PostgreSQL`,
        };
      } finally {
        await db.close();
        await broker?.stop();
        await server.stop();
        network?.remove();
        if (disk !== undefined) spawnSync("umount", ["-l", disk]);
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
];
