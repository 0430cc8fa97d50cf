import { AlmagestError, type Json } from "@almagest/base";
import { z } from "zod";
import type { JobSpec, TaskSpec } from "../../workflow-spec.ts";

/** Empty texts and null count as absent. */
const blank = (value: unknown): unknown => (value === "" || value === null ? undefined : value);
const optionalCount = z.preprocess(blank, z.coerce.number().int().positive().optional());
const optionalText = z.preprocess(blank, z.string().optional());

/** The fields of JEDI's task parameters that are read here; what else a client sends is kept with the task. */
export const taskParametersSchema = z.looseObject({
  taskName: z.string().min(1),
  uniqueTaskName: z.boolean().optional(),
  vo: optionalText,
  prodSourceLabel: optionalText,
  processingType: optionalText,
  transPath: optionalText,
  taskPriority: z.preprocess(blank, z.coerce.number().int().optional()),
  site: optionalText,
  coreCount: optionalCount,
  ramCount: optionalCount,
  maxWalltime: optionalCount,
  maxAttempt: optionalCount,
  nEvents: optionalCount,
  nEventsPerJob: optionalCount,
  nFiles: optionalCount,
  nFilesPerJob: optionalCount,
  nJobs: optionalCount,
  pfnList: z.array(z.string()).optional(),
  sourceURL: optionalText,
  skipScout: z.boolean().optional(),
  log: z.looseObject({ value: z.string(), dataset: z.string().optional() }).optional(),
  jobParameters: z.array(
    z.looseObject({
      type: z.string(),
      value: z.string(),
      param_type: z.string().optional(),
      dataset: z.string().optional(),
      offset: z.number().optional(),
      hidden: z.boolean().optional(),
      padding: z.boolean().optional(),
    }),
  ),
});

/** Task parameters as checked. */
export type TaskParameters = z.infer<typeof taskParametersSchema>;

/** Where jobs put outputs and find what the task does not name. */
export interface TaskDefaults {
  /** Transformation of tasks that name none, as prun's do. */
  readonly transformation: string;
  /** Storage endpoint for outputs and logs. */
  readonly endpoint: string;
  readonly scope: string;
}

/** Most jobs of one task. */
const MAX_JOBS = 1_000_000;

function jobCount(task: TaskParameters): number {
  const { nJobs, nEvents, nEventsPerJob, nFiles, nFilesPerJob = 1, pfnList } = task;
  if (pfnList !== undefined && pfnList.length > 0) return Math.ceil(pfnList.length / nFilesPerJob);
  if (nEvents !== undefined) return Math.ceil(nEvents / (nEventsPerJob ?? nEvents));
  if (nFiles !== undefined) return Math.ceil(nFiles / nFilesPerJob);
  return nJobs ?? 1;
}

interface Place {
  /** From 1. */
  readonly serial: number;
  readonly files: readonly string[];
  readonly sourceUrl: string;
}

/** Fills the placeholders of one job; `$JEDITASKID` stays until the job is handed out. */
function fill(text: string, { serial, files, sourceUrl }: Place, offset = 0): string {
  const padded = String(serial).padStart(6, "0");
  const values: Readonly<Record<string, string>> = {
    SN: padded,
    "SN/P": padded,
    SEQNUMBER: String(serial - 1 + offset),
    RNDMSEED: String(serial),
    IN: `[${files.map((file) => `'${file}'`).join(",")}]`,
    "IN/L": files.join(","),
    SURL: sourceUrl,
  };
  return text.replaceAll(/\$\{([A-Z/]+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** A task's jobs as JEDI's generator would make them, each with the words of a real pilot. Throws
 * `WORKLOAD.WORKFLOW_INVALID` where there are too many. */
export function generateJobs(
  task: TaskParameters,
  defaults: TaskDefaults,
): { readonly spec: TaskSpec; readonly jobs: readonly JobSpec[] } {
  const jobs = jobCount(task);
  if (jobs > MAX_JOBS) {
    throw new AlmagestError(
      "WORKLOAD.WORKFLOW_INVALID",
      `The task has ${jobs} jobs; ${MAX_JOBS} are the most.`,
    );
  }
  const label = task.taskName.replace(/\/$/, "");
  const { coreCount: cores, ramCount, maxWalltime: wallSec, maxAttempt, taskPriority: priority } = task;
  const spec: TaskSpec = {
    label,
    request: {
      // PanDA counts memory per core.
      ...(ramCount === undefined ? {} : { memoryMb: ramCount * (cores ?? 1) }),
      ...(cores === undefined ? {} : { cores }),
      ...(wallSec === undefined ? {} : { wallSec }),
    },
    ...(maxAttempt === undefined ? {} : { maxAttempts: maxAttempt }),
    ...(priority === undefined ? {} : { priority }),
    payload: { parameters: task as unknown as Json },
  };
  const filesPerJob = task.nFilesPerJob ?? 1;
  return {
    spec,
    jobs: Array.from({ length: jobs }, (_, index): JobSpec => {
      const files = (task.pfnList ?? []).slice(index * filesPerJob, (index + 1) * filesPerJob);
      const place: Place = { serial: index + 1, files, sourceUrl: task.sourceURL ?? "" };
      return {
        name: `${label}.${place.serial}`,
        task: label,
        payload: { panda: pilotFields(task, defaults, place) },
      };
    }),
  };
}

/** The fields of a real pilot's job; lists run parallel, the log is the last output and not in scopeOut. */
function pilotFields(task: TaskParameters, defaults: TaskDefaults, place: Place): Record<string, Json> {
  let words = "";
  const outputs: { name: string; dataset: string }[] = [];
  for (const { value, param_type: kind, dataset = "", hidden, padding, offset } of task.jobParameters) {
    const text = fill(value, place, offset);
    if (kind === "output") outputs.push({ name: text, dataset });
    if (hidden === true || kind === "log") continue;
    words += text + (padding === false ? "" : " ");
  }
  const logName = fill(
    task.log?.value ?? `${task.taskName.replace(/\/$/, "")}.$JEDITASKID.\${SN}.log.tgz`,
    place,
  );
  // A log that is only called log.tgz would be one file for all jobs.
  const log = logName === "log.tgz" ? `log.$JEDITASKID.${place.serial}.tgz` : logName;
  const all = [...outputs, { name: log, dataset: task.log?.dataset ?? task.taskName }];
  const list = (pick: (file: { name: string; dataset: string }) => string): string => all.map(pick).join(",");
  return {
    transformation: task.transPath ?? defaults.transformation,
    jobPars: words.trim(),
    prodSourceLabel: task.prodSourceLabel ?? "managed",
    processingType: task.processingType ?? "panda",
    outFiles: list(({ name }) => name),
    realDatasets: list(({ dataset }) => dataset),
    destinationDblock: list(({ dataset }) => dataset),
    destinationDBlockToken: list(() => ""),
    fileDestinationSE: list(() => task.site ?? ""),
    ddmEndPointOut: list(() => defaults.endpoint),
    scopeOut: outputs.map(() => defaults.scope).join(","),
    scopeLog: defaults.scope,
    logFile: log,
    logGUID: "",
  };
}
