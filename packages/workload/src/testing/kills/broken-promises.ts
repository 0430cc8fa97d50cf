import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Database, sql } from "@almagest/database";
import { type Fate, fateOf } from "./fated-graph.ts";

type Query = ReturnType<typeof sql>;

/** Which promises the database of an ended campaign and the files of its pilots show to be broken; empty when none is. */
export async function findBrokenPromises(db: Database, count: number, pilots: string): Promise<string[]> {
  const wrong: string[] = [];
  const number = async (query: Query): Promise<number> => Number((await db.rows(query))[0]![0] ?? 0);
  const expect = (what: string, value: number, wanted: number): void => {
    if (value !== wanted) wrong.push(`${what}: ${value} instead of ${wanted}`);
  };
  const jobs = (await db.rows(sql`SELECT id, status FROM job ORDER BY id`)).map(([id, status]) => ({
    id: Number(id),
    status: String(status),
  }));
  expect("jobs", jobs.length, count);
  expect("jobs in a wrong state", jobs.filter(({ status }, index) => status !== fateOf(index)).length, 0);
  const fated = (fate: Fate): number => jobs.filter((_, index) => fateOf(index) === fate).length;
  const sound = fated("finished");
  const finished = sql`FROM past_attempt WHERE status = 'finished'`;
  expect("attempts that finished", await number(sql`SELECT count(*) ${finished}`), sound);
  expect("different jobs of them", await number(sql`SELECT count(DISTINCT job_id) ${finished}`), sound);
  expect(
    "attempts that finished though their job did not",
    await number(sql`SELECT count(*) FROM past_attempt JOIN job ON job.id = past_attempt.job_id
      WHERE past_attempt.status = 'finished' AND job.status <> 'finished'`),
    0,
  );
  expect("attempts still alive", await number(sql`SELECT count(*) FROM attempt`), 0);
  const outputs = await db.rows(sql`SELECT output_file.name FROM output_file
    JOIN past_attempt AS past ON past.id = output_file.attempt_id
    WHERE past.status = 'finished' AND output_file.job_id = past.job_id`);
  expect("outputs", await number(sql`SELECT count(*) FROM output_file`), sound);
  expect("outputs of the attempt that finished", outputs.length, sound);
  const made = new Set(readdirSync(join(pilots, "out")));
  expect("outputs that were never made", outputs.filter(([name]) => !made.has(String(name))).length, 0);
  // The log's numbers are the order of the commits, whatever the clocks said.
  expect(
    "children begun before a parent's end",
    await number(sql`SELECT count(*) FROM edge
      JOIN event_log AS parent ON parent.job_id = edge.parent AND parent.what = 'finished' AND parent.subject = 'a'
      JOIN event_log AS child ON child.job_id = edge.child AND child.what = 'activated' AND child.subject = 'a'
      WHERE child.seq < parent.seq`),
    0,
  );
  expect(
    "jobs begun whose parent failed",
    await number(sql`SELECT count(*) FROM edge JOIN job ON job.id = edge.parent
      JOIN past_attempt AS child ON child.job_id = edge.child WHERE job.status <> 'finished'`),
    0,
  );
  expect("numbers missing in the log", await number(sql`SELECT max(seq) - count(*) FROM event_log`), 0);
  expect("jobs that the tasks count as finished", await number(sql`SELECT sum(finished) FROM task`), sound);
  expect("jobs left in the list of the ready", await number(sql`SELECT count(*) FROM ready_job`), 0);
  await checkWorkers(db, pilots, expect);
  return wrong;
}

/** Each worker was started once at most, and every pilot that ran was known to its harvester. */
async function checkWorkers(
  db: Database,
  pilots: string,
  expect: (what: string, value: number, wanted: number) => void,
): Promise<void> {
  const workers = (await db.rows(sql`SELECT id, status FROM worker`)).map(
    ([id, status]): [number, string] => [Number(id), String(status)],
  );
  const status = new Map(workers);
  const over = new Set(["finished", "failed", "cancelled", "missed"]);
  expect("workers that have not ended", workers.filter((worker) => !over.has(worker[1])).length, 0);
  const started = readdirSync(pilots).flatMap((name) => {
    const found = /^start\.(\d+)\./.exec(name);
    return found === null ? [] : [Number(found[1])];
  });
  expect("workers started twice", started.length - new Set(started).size, 0);
  expect("pilots that nobody wrote down", started.filter((id) => !status.has(id)).length, 0);
  expect("pilots that ran as missed", started.filter((id) => status.get(id) === "missed").length, 0);
}
