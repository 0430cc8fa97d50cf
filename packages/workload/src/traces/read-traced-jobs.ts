import { type Database, rawSql } from "@almagest/database";
import type { World } from "../manager/world.ts";
import { selectByIds } from "../store/bulk-sql.ts";
import { readLinesOfJobs } from "../store/event-log.ts";
import type { TracedJob } from "./job-spans.ts";
import type { TracedWorkflow } from "./trace-context.ts";

/** The attempt that ended last of all a job's parents: it released the job. */
const RELEASES =
  rawSql(`SELECT child, parent, end_ms FROM (SELECT edge.child, edge.parent, past_attempt.end_ms,
  ROW_NUMBER() OVER (PARTITION BY edge.child ORDER BY past_attempt.end_ms DESC, past_attempt.id DESC) AS place
  FROM edge JOIN past_attempt ON past_attempt.job_id = edge.parent) AS ended WHERE place = 1 AND child`);

/** Jobs with their lines of the event log, for their spans; `openMs` says since when a workflow's jobs may run. */
export async function readTracedJobs(
  db: Database,
  world: World,
  tasks: ReadonlyMap<number, number>,
  workflows: ReadonlyMap<number, TracedWorkflow>,
  openMs: (workflow: TracedWorkflow) => number,
): Promise<ReadonlyMap<number, TracedJob>> {
  const ids = [...tasks.keys()];
  const names = new Map(
    (await selectByIds(db, rawSql("SELECT id, name FROM job_detail WHERE id"), ids)).map(([id, name]) => [
      Number(id),
      String(name),
    ]),
  );
  const releases = new Map(
    (await selectByIds(db, RELEASES, ids)).map(([child, parent, endMs]) => [
      Number(child),
      { parent: Number(parent), endMs: Number(endMs) },
    ]),
  );
  const lines = await readLinesOfJobs(db, ids);
  const jobs = new Map<number, TracedJob>();
  for (const [id, taskId] of tasks) {
    const task = world.tasks.get(taskId);
    const workflow = task === undefined ? undefined : workflows.get(task.workflowId);
    if (task === undefined || workflow === undefined) continue;
    const release = releases.get(id);
    jobs.set(id, {
      ...{ id, name: names.get(id) ?? String(id), taskId, label: task.spec.label, workflow },
      readyMs: Math.max(release?.endMs ?? 0, openMs(workflow)),
      releasedBy: release?.parent,
      lines: lines.get(id) ?? [],
    });
  }
  return jobs;
}
