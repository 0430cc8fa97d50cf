import { openPostgres } from "@almagest/database";
import { freePorts, startPostgres } from "@almagest/servers";
import { runKillCampaign } from "../../packages/workload/src/testing/kill-campaign.ts";
import type { Bar } from "../../scripts/bar.ts";

/** Kills of the campaign: `WORKLOAD_KILLS=500` for the whole. */
const KILLS = Number(process.env.WORKLOAD_KILLS ?? 20);

/** That nothing is lost or done twice, whatever dies. */
export const bars: Bar[] = [
  {
    name: `kill -9 of server, database and pilots at ${KILLS} random points (WORKLOAD_KILLS sets the number)`,
    goal: "at 500 points: every job ends once in its right state, its outputs appear once, no child before its parents",
    async measure() {
      const server = await startPostgres();
      try {
        const place = server.createDatabase("kills");
        const db = await openPostgres(place);
        const [port] = await freePorts(1);
        const start = performance.now();
        const { wrong, killed, jobs } = await runKillCampaign({
          place,
          db,
          port: port!,
          kills: KILLS,
          seed: process.env.WORKLOAD_SEED ?? "kills",
          cutDatabase: async () => {
            await server.crash();
            await server.start();
          },
          progress: (number, victim) => {
            if (number % 10 === 0) process.stderr.write(`kill ${number}: ${victim}\n`);
          },
        });
        await db.close();
        const counts = Object.entries(killed).map(([what, count]) => `${count} of ${what}`);
        const seconds = ((performance.now() - start) / 1000).toFixed(0);
        return {
          figure:
            wrong.length === 0
              ? `nothing wrong after ${KILLS} kills (${counts.join(", ")})`
              : wrong.join("; "),
          pass: wrong.length === 0 && KILLS >= 500,
          note: `${jobs} jobs, each restarted server with a clock wrong by up to 3 h; ${seconds} s; PostgreSQL`,
        };
      } finally {
        await server.stop();
      }
    },
  },
];
