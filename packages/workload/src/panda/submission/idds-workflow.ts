import { inflateSync } from "node:zlib";
import { AlmagestError, parseJson } from "@almagest/base";
import { z } from "zod";
import { type NamedJob, orderJobs } from "../../order-jobs.ts";
import type { JobSpec, TaskSpec } from "../../workflow-spec.ts";

const typed = <S extends z.ZodType>(attributes: S) => z.looseObject({ class: z.string(), attributes });
const mebibytes = z.number().nonnegative().nullish();

const workSchema = typed(
  z.looseObject({
    task_name: z.string(),
    executable: z.string(),
    task_rss: mebibytes,
    core_count: z.number().int().positive().nullish(),
    maxWalltime: z.number().positive().nullish(),
    maxAttempt: z.number().int().positive().nullish(),
    task_priority: z.number().nullish(),
    task_queue: z.string().nullish(),
    _dependency_map: z.unknown().optional(),
  }),
);

const bodySchema = z.looseObject({
  _works: z.record(z.string(), workSchema),
  _conditions: z.record(z.string(), z.unknown()).optional(),
  _name: z.string().nullish(),
});

const workflowSchema = typed(z.union([z.looseObject({ template: typed(bodySchema) }), bodySchema]));

const dependencySchema = z.array(
  z.looseObject({
    name: z.string(),
    dependencies: z.array(z.looseObject({ task: z.string(), inputname: z.string() })).default([]),
  }),
);

const refuse = (why: string, cause?: unknown): AlmagestError =>
  new AlmagestError("WORKLOAD.WORKFLOW_INVALID", `The iDDS workflow cannot be accepted: ${why}.`, { cause });

/** Most bytes that a packed dependency map may hold. */
const MAX_MAP = 2 ** 30;

/** A dependency map as iDDS packs it (`idds_zip:` and base64 of zlib) or plain. */
function readDependencies(value: unknown): z.infer<typeof dependencySchema> {
  let plain: unknown = value ?? [];
  if (typeof value === "string") {
    if (!value.startsWith("idds_zip:")) throw refuse("a dependency map is in a form that is not known");
    try {
      plain = parseJson(
        inflateSync(Buffer.from(value.slice(9), "base64"), { maxOutputLength: MAX_MAP }).toString(),
      );
    } catch (cause) {
      throw refuse("a dependency map is damaged", cause);
    }
  }
  const map = dependencySchema.safeParse(plain);
  if (!map.success) throw refuse(`a dependency map: ${map.error.issues[0]!.message}`);
  return map.data;
}

/** Ids of the works that only start when a condition holds (the final job). */
function conditionalWorks(conditions: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const condition of Object.values(conditions)) {
    const { attributes } = (condition ?? {}) as { attributes?: { true_works?: unknown } };
    for (const work of Array.isArray(attributes?.true_works) ? attributes.true_works : []) {
      const id =
        typeof work === "string"
          ? work
          : (work as { attributes?: { internal_id?: string } })?.attributes?.internal_id;
      if (id !== undefined) found.add(id);
    }
  }
  return found;
}

/** What `bps submit` with the PanDA plugin asks for. */
export interface IddsWorkflow {
  readonly name: string;
  readonly tasks: readonly TaskSpec[];
  readonly jobs: readonly JobSpec[];
}

/**
 * An iDDS workflow (the typed JSON of `idds.workflowv2`) as a graph of jobs: a work is a task, a pseudo input file is a job,
 * and what it depends on are its parents; a work behind a condition runs after the end of everything else. Throws
 * `WORKLOAD.WORKFLOW_INVALID`.
 */
export function readIddsWorkflow(value: unknown): IddsWorkflow {
  const workflow = workflowSchema.safeParse(value);
  if (!workflow.success) {
    const { path, message } = workflow.error.issues[0]!;
    throw refuse(`${path.join(".")}: ${message}`);
  }
  const outer = workflow.data.attributes;
  const body = bodySchema.parse(
    "template" in outer ? (outer.template as z.infer<typeof workflowSchema>).attributes : outer,
  );
  const last = conditionalWorks(body._conditions ?? {});
  const tasks: TaskSpec[] = [];
  const jobs: NamedJob[] = [];
  const finals: NamedJob[] = [];
  const isParent = new Set<string>();
  const idOf = (task: string, name: string): string => `${task}/${name}`;
  for (const [workId, { attributes: work }] of Object.entries(body._works)) {
    tasks.push(toTask(work));
    const map = readDependencies(work._dependency_map);
    const inputs = map.length === 0 ? [{ name: "pseudo_file", dependencies: [] }] : map;
    for (const { name, dependencies } of inputs) {
      const parents = [...new Set(dependencies.map(({ task, inputname }) => idOf(task, inputname)))];
      for (const parent of parents) isParent.add(parent);
      const command = ["bash", "-c", work.executable.replaceAll(/\$\{IN(?:\/L)?\}/g, () => name)];
      const job: NamedJob = {
        name: idOf(work.task_name, name),
        task: work.task_name,
        payload: { command },
        parents,
      };
      (last.has(workId) ? finals : jobs).push(job);
    }
  }
  const sinks = jobs.map(({ name }) => name).filter((name) => !isParent.has(name));
  const all = [...jobs, ...finals.map((job) => ({ ...job, afterEnd: sinks }))];
  const outerName = "_name" in outer ? outer._name : undefined;
  return { name: String(body._name ?? outerName ?? "bps"), tasks, jobs: orderJobs(all) };
}

function toTask(work: z.infer<typeof workSchema>["attributes"]): TaskSpec {
  const {
    task_rss: memoryMb,
    core_count: cores,
    maxWalltime: wallSec,
    maxAttempt,
    task_priority: priority,
  } = work;
  return {
    label: work.task_name,
    request: {
      ...(memoryMb ? { memoryMb } : {}),
      ...(cores ? { cores } : {}),
      ...(wallSec ? { wallSec } : {}),
    },
    ...(maxAttempt ? { maxAttempts: maxAttempt } : {}),
    ...(priority ? { priority: Math.trunc(priority) } : {}),
  };
}
