import { type Database, sql } from "@almagest/database";
import type { JobCounts } from "../core/task-state.ts";
import { NO_JOBS } from "../core/task-state.ts";
import type { World } from "../manager/world.ts";

/** A workflow as one line. */
export interface WorkflowLine {
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly status: "accepting" | "open" | "done";
  readonly jobs: number;
  readonly counts: JobCounts;
  readonly createdMs: number;
}

const OVER = new Set(["done", "finished", "failed", "aborted"]);

/** Workflows, newest first; only an owner's, or of a name, when one is given. */
export async function listWorkflows(
  db: Database,
  world: World,
  {
    owner,
    name,
    limit = 100,
  }: { readonly owner?: string; readonly name?: string; readonly limit?: number } = {},
): Promise<WorkflowLine[]> {
  const whose = owner === undefined ? sql`` : sql`AND owner = ${owner}`;
  const named = name === undefined ? sql`` : sql`AND name = ${name}`;
  const rows =
    await db.rows(sql`SELECT id, name, owner, status, job_count, created_ms FROM workflow WHERE 1 = 1 ${whose} ${named}
    ORDER BY id DESC LIMIT ${limit}`);
  const counts = new Map<number, { counts: Record<keyof JobCounts, number>; open: boolean }>();
  for (const [id] of rows) counts.set(Number(id), { counts: { ...NO_JOBS }, open: false });
  for (const { workflowId, state } of world.tasks.values()) {
    const entry = counts.get(workflowId);
    if (entry === undefined) continue;
    for (const [name, count] of Object.entries(state.counts)) entry.counts[name as keyof JobCounts] += count;
    if (!OVER.has(state.status)) entry.open = true;
  }
  return rows.map(([id, title, ownerName, status, jobs, createdMs]) => {
    const entry = counts.get(Number(id))!;
    return {
      id: Number(id),
      name: String(title),
      owner: String(ownerName),
      status: status === "accepting" ? "accepting" : entry.open ? "open" : "done",
      jobs: Number(jobs),
      counts: entry.counts,
      createdMs: Number(createdMs),
    };
  });
}

/** Whose a workflow is; undefined when there is none. */
export async function ownerOf(db: Database, workflowId: number): Promise<string | undefined> {
  const row = (await db.rows(sql`SELECT owner FROM workflow WHERE id = ${workflowId}`))[0];
  return row === undefined ? undefined : String(row[0]);
}
