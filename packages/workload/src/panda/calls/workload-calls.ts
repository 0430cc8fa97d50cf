import { AlmagestError } from "@almagest/base";
import { z } from "zod";
import type { JobStatus } from "../../core/job-state.ts";
import { JOB_TRANSITIONS } from "../../core/job-state.ts";
import type { QueueSpec } from "../../manager/configure.ts";
import type { TaskCommand } from "../../manager/control-tasks.ts";
import type { WorkloadManager } from "../../manager/workload-manager.ts";
import { clusterErrors } from "../../questions/cluster-errors.ts";
import { findJobs, listJobs } from "../../questions/list-jobs.ts";
import { listWorkers } from "../../questions/list-workers.ts";
import { listWorkflows } from "../../questions/list-workflows.ts";
import { type Call, defineCall, ok, toJson } from "../call.ts";
import { controlWorkflow } from "../control-workflow.ts";
import { requireOwner, type Target } from "../ownership.ts";
import { integer, optionalInteger, optionalText } from "../schemas.ts";

const limit = z.coerce.number().int().min(1).max(100_000).optional();

/** A queue as an operator defines it. Memory and disk in MB, times in seconds. */
export const queueSchema: z.ZodType<QueueSpec> = z.object({
  name: z.string().min(1),
  facility: z.string().min(1),
  status: z.enum(["online", "offline", "drain"]).default("online"),
  cores: z.number().int().positive(),
  memoryMb: z.number().positive(),
  wallSec: z.number().positive().default(172_800),
  diskMb: z.number().positive().default(100_000),
  software: z.array(z.string()).default([]),
  backlog: z.number().int().positive().default(1000),
  maxActive: z.number().int().positive().optional(),
}) as unknown as z.ZodType<QueueSpec>;

const jobStatus = z.enum(Object.keys(JOB_TRANSITIONS) as [JobStatus, ...JobStatus[]]);

/** Carries out a command on a job, a task, or every task of a workflow. */
async function control(manager: WorkloadManager, target: Target, command: TaskCommand): Promise<number> {
  if (target.kind === "job") {
    if (command === "kill") await manager.cancelJob(target.id);
    else if (command === "retry") await manager.retryJob(target.id);
    else
      throw new AlmagestError(
        "WORKLOAD.REQUEST_INVALID",
        `A job cannot be told to ${command}; its task can.`,
      );
    return 1;
  }
  if (target.kind === "workflow") return controlWorkflow(manager, target.id, command);
  await manager.controlTask(target.id, command);
  return 1;
}

const read = { legacy: undefined, method: "POST", needs: "reader" } as const;

/** What our own command line and monitor ask; PanDA has no such calls. Submission itself streams: see `submit-stream.ts`. */
export const WORKLOAD_CALLS: readonly Call[] = [
  defineCall({
    ...read,
    v1: "workload/list_workflows",
    summary: "Lists workflows, newest first.",
    parameters: z.object({ owner: optionalText, name: optionalText, limit }),
    run: async ({ manager }, { owner, name, limit: most = 100 }) => {
      const filter = {
        limit: most,
        ...(owner === undefined ? {} : { owner }),
        ...(name === undefined ? {} : { name }),
      };
      return ok(toJson(await manager.ask((db, world) => listWorkflows(db, world, filter))));
    },
  }),
  defineCall({
    ...read,
    v1: "workload/get_workflow",
    summary: "A workflow at a glance, with its tasks.",
    parameters: z.object({ workflow_id: integer }),
    run: async ({ manager }, { workflow_id: id }) => ok(toJson(await manager.workflow(id))),
  }),
  defineCall({
    ...read,
    v1: "workload/list_jobs",
    summary: "A task's jobs, by id.",
    parameters: z.object({ task_id: integer, status: jobStatus.optional(), after: optionalInteger, limit }),
    run: async ({ manager }, { task_id: taskId, status, after = 0, limit: most = 1000 }) => {
      const filter = { taskId, after, limit: most, ...(status === undefined ? {} : { status }) };
      return ok(toJson(await manager.ask((db) => listJobs(db, filter))));
    },
  }),
  defineCall({
    ...read,
    v1: "workload/find_jobs",
    summary: "Ids of the jobs of a name, newest first.",
    parameters: z.object({ name: z.string() }),
    run: async ({ manager }, { name }) => ok(await manager.ask((db) => findJobs(db, name))),
  }),
  defineCall({
    ...read,
    v1: "workload/explain_job",
    summary: "Why a job is where it is.",
    parameters: z.object({ job_id: integer }),
    run: async ({ manager }, { job_id: id }) => ok(toJson(await manager.explain(id))),
  }),
  defineCall({
    ...read,
    v1: "workload/cluster_errors",
    summary: "What failed, failures of one kind together.",
    parameters: z.object({ workflow_id: optionalInteger, limit }),
    run: async ({ manager }, { workflow_id: workflowId, limit: most = 50 }) => {
      const filter = { limit: most, ...(workflowId === undefined ? {} : { workflowId }) };
      return ok(toJson(await manager.ask((db, world) => clusterErrors(db, world, filter))));
    },
  }),
  defineCall({
    legacy: undefined,
    v1: "workload/control",
    method: "POST",
    needs: "user",
    summary: "Pauses, resumes, kills, finishes or retries a workflow, task or job.",
    parameters: z.object({
      kind: z.enum(["workflow", "task", "job"]),
      id: integer,
      command: z.enum(["pause", "resume", "kill", "finish", "retry"]),
    }),
    async run({ manager }, { kind, id, command }, { caller }) {
      await requireOwner(manager, caller, { kind, id });
      return ok({ changed: await control(manager, { kind, id }, command) });
    },
  }),
  defineCall({
    ...read,
    v1: "workload/list_queues",
    summary: "All queues with how full they are.",
    parameters: z.object({}),
    run: async ({ manager }) => ok(toJson(manager.queues())),
  }),
  defineCall({
    ...read,
    v1: "workload/define_queue",
    needs: "operator",
    summary: "Defines a queue, or changes the one of that name.",
    parameters: queueSchema,
    run: async ({ manager }, spec) => ok(toJson(await manager.defineQueue(spec))),
  }),
  defineCall({
    ...read,
    v1: "workload/set_queue_status",
    needs: "operator",
    summary: "Sets a queue online or offline, or drains it.",
    parameters: z.object({ name: z.string(), status: z.enum(["online", "offline", "drain"]) }),
    async run({ manager }, { name, status }) {
      const queue = manager.queues().find((each) => each.name === name);
      if (queue === undefined) {
        throw new AlmagestError("WORKLOAD.QUEUE_UNKNOWN", `There is no queue ${name}.`, { fields: { name } });
      }
      const { id: _id, activated: _activated, running: _running, ...spec } = queue;
      return ok(toJson(await manager.defineQueue({ ...spec, status })));
    },
  }),
  defineCall({
    ...read,
    v1: "workload/list_shares",
    summary: "Each facility's share and what was charged to it.",
    parameters: z.object({}),
    run: async ({ manager }) => ok(toJson(manager.shares())),
  }),
  defineCall({
    ...read,
    v1: "workload/set_shares",
    needs: "operator",
    summary: "Sets what each facility ought to do of the whole.",
    parameters: z.object({ targets: z.record(z.string(), z.number().nonnegative()) }),
    async run({ manager }, { targets }) {
      await manager.setShares(targets);
      return ok(toJson(manager.shares()));
    },
  }),
  defineCall({
    ...read,
    v1: "workload/list_workers",
    summary: "Pilots' workers, newest first.",
    parameters: z.object({ all: z.coerce.boolean().optional(), limit }),
    run: async ({ manager }, { all = false, limit: most = 1000 }) =>
      ok(toJson(await manager.ask((db, world) => listWorkers(db, world, { all, limit: most })))),
  }),
  defineCall({
    ...read,
    v1: "workload/get_pilot_log",
    needs: "operator",
    summary: "What a worker's pilot printed, as its batch system has it.",
    parameters: z.object({ worker_id: integer }),
    async run({ manager, pilotLog }, { worker_id: id }) {
      const [worker] = await manager.ask((db, world) => listWorkers(db, world, { id }));
      if (worker === undefined)
        throw new AlmagestError("WORKLOAD.NOT_FOUND", `There is no pilot ${id}.`, { fields: { id } });
      const text = await pilotLog?.(worker);
      if (text === undefined) {
        const where =
          worker.batchId === "" ? "it was never submitted" : `its batch system has none of ${worker.batchId}`;
        throw new AlmagestError("WORKLOAD.NOT_FOUND", `There is no log of pilot ${id}: ${where}.`, {
          fields: { id },
        });
      }
      return ok(text);
    },
  }),
];
