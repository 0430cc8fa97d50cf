import { isAlmagestError, type Json, uuid7 } from "@almagest/base";
import { z } from "zod";
import type { TaskCommand } from "../../manager/control-tasks.ts";
import type { TaskRecord } from "../../manager/world.ts";
import { type AttemptLine, findAttempts, listAttempts } from "../../questions/list-attempts.ts";
import { type Answer, type Call, type CallContext, defineCall, ok, type Services } from "../call.ts";
import { requireOwner } from "../ownership.ts";
import { integer } from "../schemas.ts";
import { generateJobs, taskParametersSchema } from "../submission/task-parameters.ts";

/** Codes in answers to commands on tasks. */
const CODE = { registered: 0, duplicate: 2, notFound: 2, error: 4 } as const;

const flag = z.preprocess((value) => value === true || value === "true" || value === "True", z.boolean());

const refused = (message: string, data: Json): Answer => ({ success: false, message, data });

async function submitTask(
  { manager, taskDefaults }: Services,
  { task_parameters: task }: { readonly task_parameters: z.infer<typeof taskParametersSchema> },
  { caller }: CallContext,
): Promise<Answer> {
  const scope = `user.${caller.subject.replaceAll(/[^\w-]/g, "_")}`;
  const { spec, jobs } = generateJobs(task, { ...taskDefaults, scope });
  const name = spec.label;
  const unique = task.uniqueTaskName === true;
  const key = `task:${caller.subject}:${unique ? name : uuid7(manager.clock)}`;
  const workflow = { key, name, owner: caller.subject, tasks: [spec], jobCount: jobs.length };
  try {
    const { workflowId, created } = await manager.submit(workflow, jobs);
    const id = (await manager.workflow(workflowId)).tasks[0]!.id;
    const message = `${created ? "succeeded" : "duplicated"}. new jediTaskID=${id}`;
    return created ? ok(CODE.registered, undefined, message) : refused(message, CODE.duplicate);
  } catch (error) {
    if (!isAlmagestError(error, "WORKLOAD.SUBMIT_CONFLICT")) throw error;
    return refused(`a task of the name ${name} was submitted before with other contents`, CODE.duplicate);
  }
}

/** A command on a task, in the words of the client's codes. */
function commandCall(path: string, command: TaskCommand, summary: string, keep?: "soft"): Call {
  return defineCall({
    legacy: undefined,
    v1: `task/${path}`,
    method: "POST",
    needs: "user",
    summary,
    parameters: z.object({ task_id: integer, soft: flag.optional(), new_parameters: z.unknown().optional() }),
    async run({ manager }, { task_id: id, soft }, { caller }) {
      if (manager.task(id) === undefined) return refused(`task ${id} not found`, CODE.notFound);
      await requireOwner(manager, caller, { kind: "task", id });
      // A finish that is not soft ends what runs as well.
      await manager.controlTask(id, keep === "soft" && soft !== true ? "kill" : command);
      return ok(CODE.registered, undefined, `command is registered: ${command} task ${id}`);
    },
  });
}

/** A question about one task. */
function questionCall(
  path: string,
  method: "GET" | "POST",
  summary: string,
  answer: (services: Services, task: TaskRecord, more: Readonly<Record<string, unknown>>) => Promise<Json>,
): Call {
  return defineCall({
    legacy: undefined,
    v1: `task/${path}`,
    method,
    needs: "reader",
    summary,
    parameters: z.looseObject({ task_id: integer }),
    async run(services, { task_id: id, ...more }) {
      const task = services.manager.task(id);
      return task === undefined
        ? refused(`task ${id} not found`, null)
        : ok(await answer(services, task, more));
    },
  });
}

const parametersOf = (task: TaskRecord): Json =>
  (task.spec.payload as { readonly parameters?: Json } | undefined)?.parameters ?? {};

const time = (ms: number): Json =>
  ms === 0 ? null : new Date(ms).toISOString().slice(0, 19).replace("T", " ");

/** An attempt under the names of PanDA's job table. */
function describeJob({ manager }: Services, attempt: AttemptLine): Record<string, Json> {
  const queue = manager.queues().find(({ id }) => id === attempt.queueId)?.name ?? "";
  const { source, code, diag } = attempt;
  const errors =
    source === undefined
      ? {}
      : {
          [source === "executor" ? "exeErrorCode" : "pilotErrorCode"]: code ?? 0,
          pilotErrorDiag: diag ?? "",
        };
  return {
    PandaID: attempt.id,
    jediTaskID: attempt.taskId,
    taskID: attempt.taskId,
    jobName: attempt.name,
    jobStatus: attempt.status,
    attemptNr: attempt.nr,
    computingSite: queue,
    creationTime: time(attempt.createdMs),
    startTime: time(attempt.startMs),
    endTime: time(attempt.endMs),
    coreCount: attempt.cores,
    minRamCount: attempt.memoryMb,
    transExitCode: attempt.exitCode ?? null,
    Files: [],
    ...errors,
  };
}

const FAILED = new Set(["failed", "cancelled", "closed"]);

const jobIds = z.object({ job_ids: z.preprocess((value) => [value].flat(), z.array(integer).max(10_000)) });

const describeCall = (path: string): Call =>
  defineCall({
    legacy: undefined,
    v1: `job/${path}`,
    method: "POST",
    needs: "reader",
    summary: "Describes jobs.",
    parameters: jobIds,
    async run(services, { job_ids: ids }) {
      const attempts = await services.manager.ask((db) => findAttempts(db, ids));
      return ok(attempts.map((attempt) => (attempt === undefined ? null : describeJob(services, attempt))));
    },
  });

/** What panda-client calls: submission of tasks, control, and questions. */
export const TASK_CALLS: readonly Call[] = [
  defineCall({
    legacy: undefined,
    v1: "task/submit",
    method: "POST",
    needs: "user",
    summary: "Takes a task and makes its jobs.",
    parameters: z.object({ task_parameters: taskParametersSchema, parent_tid: z.unknown().optional() }),
    run: submitTask,
  }),
  commandCall("kill", "kill", "Ends a task now."),
  commandCall("finish", "finish", "Lets a task end; softly: what runs ends by itself.", "soft"),
  commandCall("retry", "retry", "Tries again what failed."),
  commandCall("pause", "pause", "Starts nothing more until it is resumed."),
  commandCall("resume", "resume", "Goes on after a pause."),
  questionCall(
    "get_status",
    "GET",
    "The status of a task, as one word.",
    async (_, { state }) => state.status,
  ),
  questionCall("get_task_parameters", "GET", "A task's parameters as submitted.", async (_, task) =>
    parametersOf(task),
  ),
  questionCall(
    "get_details",
    "POST",
    "A task's status, jobs and, if asked, parameters.",
    async ({ manager }, task, more) => {
      const attempts = await manager.ask((db) => listAttempts(db, task.id));
      const counts = new Map<string, number>();
      for (const { status } of attempts) counts.set(status, (counts.get(status) ?? 0) + 1);
      return {
        PandaID: attempts.map(({ id }) => id),
        mergePandaID: [],
        status: task.state.status,
        statistics: [...counts].map(([status, number]) => `${status}*${number}`).join(","),
        ...(more.include_parameters === true ? { taskParams: parametersOf(task) } : {}),
      };
    },
  ),
  questionCall("get_job_ids", "GET", "Ids of a task's jobs.", async ({ manager }, task) =>
    (await manager.ask((db) => listAttempts(db, task.id))).map(({ id }) => id),
  ),
  questionCall("get_job_descriptions", "GET", "A task's jobs.", async (services, task, more) => {
    const attempts = await services.manager.ask((db) => listAttempts(db, task.id));
    const only = flag.parse(more.unsuccessful_only);
    return attempts
      .filter(({ status }) => !only || FAILED.has(status))
      .map((attempt) => describeJob(services, attempt));
  }),
  describeCall("get_description"),
  describeCall("get_description_incl_archive"),
  defineCall({
    legacy: undefined,
    v1: "job/kill",
    method: "POST",
    needs: "user",
    summary: "Ends jobs.",
    parameters: jobIds.loose(),
    async run({ manager }, { job_ids: ids }, { caller }) {
      const attempts = await manager.ask((db) => findAttempts(db, ids));
      for (const attempt of attempts) {
        if (attempt === undefined) continue;
        await requireOwner(manager, caller, { kind: "job", id: attempt.jobId });
        await manager.cancelJob(attempt.jobId);
      }
      return ok(attempts.map((attempt) => attempt !== undefined));
    },
  }),
];
