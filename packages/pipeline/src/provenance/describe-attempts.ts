import { caveatFlags } from "../run/caveats.ts";
import type { ButlerLogRecords } from "../run/log-records.ts";
import type { MetadataValue, TaskMetadata } from "../run/task-metadata.ts";
import {
  ATTEMPT_STATUS,
  type AttemptModel,
  type ExceptionModel,
  type LogAttempts,
  type MetadataAttempts,
  type ResourceUsageModel,
} from "./provenance-models.ts";

/** What a quantum left, as the documents of a provenance graph. */
export interface DescribedAttempts {
  readonly attempts: readonly AttemptModel[];
  readonly metadata: MetadataAttempts;
  readonly logs: LogAttempts;
}

/** Describes what a quantum left: its metadata where it succeeded, its log. One without either was not tried, or was lost. */
export function describeAttempts(
  label: string,
  metadata: TaskMetadata | undefined,
  log: ButlerLogRecords | undefined,
): DescribedAttempts {
  const extra = (log?.extra ?? {}) as LogExtra;
  const earlier = earlierAttempts(metadata, extra);
  const found = extra.exception ?? metadata?.metadata[label]?.metadata.failure;
  const last: AttemptModel = {
    attempt: earlier.length,
    status: statusOf(metadata, log),
    caveats: metadata === undefined ? null : storedFlags(notedValue(metadata, "caveats")),
    exception: describeException(found),
    resource_usage: describeUsage(metadata ?? extra.metadata),
    previous_process_quanta: extra.previous_process_quanta ?? [],
  };
  return {
    attempts: [...earlier.map(({ model }) => model), last],
    metadata: { attempts: [...earlier.map((each) => each.metadata), metadata ?? extra.metadata ?? null] },
    logs: { attempts: [...earlier.map((each) => each.log), log?.records ?? null] },
  };
}

/** Flags of caveats; runs of earlier versions stored letters. */
function storedFlags(caveats: MetadataValue | undefined): number {
  return typeof caveats === "string" ? caveatFlags(caveats) : Number(caveats ?? 0);
}

interface LogExtra {
  readonly exception?: { readonly type_name?: string; readonly message?: string } | null;
  readonly attempt?: number;
  readonly metadata?: TaskMetadata | null;
  readonly logs?: ButlerLogRecords["records"];
  readonly previous_process_quanta?: readonly string[];
  readonly previous_attempts?: readonly LogExtra[];
}

interface EarlierAttempt {
  readonly model: AttemptModel;
  readonly metadata: TaskMetadata | null;
  readonly log: ButlerLogRecords["records"] | null;
}

/** Attempts before the last: the original keeps them in the log, ours only counts them. */
function earlierAttempts(metadata: TaskMetadata | undefined, extra: LogExtra): EarlierAttempt[] {
  const told = extra.previous_attempts ?? [];
  const counted = Number((metadata && notedValue(metadata, "attempt")) ?? extra.attempt ?? 0);
  const count = Math.max(told.length, counted || 0);
  return Array.from({ length: count }, (_, attempt): EarlierAttempt => {
    const one = told[attempt] ?? {};
    const model = {
      attempt,
      status: ATTEMPT_STATUS.failed,
      caveats: null,
      exception: describeException(one.exception),
      resource_usage: describeUsage(one.metadata),
      previous_process_quanta: one.previous_process_quanta ?? [],
    };
    return { model, metadata: one.metadata ?? null, log: one.logs ?? null };
  });
}

function statusOf(metadata: TaskMetadata | undefined, log: ButlerLogRecords | undefined): number {
  if (metadata !== undefined) return log ? ATTEMPT_STATUS.successful : ATTEMPT_STATUS.abortedSuccess;
  return log ? ATTEMPT_STATUS.failed : ATTEMPT_STATUS.unknown;
}

function describeException(found: unknown): ExceptionModel | null {
  if (typeof found !== "object" || found === null) return null;
  const { scalars = found } = found as { scalars?: object };
  const { type_name: type = "Error", message = "", metadata = {} } = scalars as Record<string, unknown>;
  return {
    type_name: String(type),
    message: String(message),
    metadata:
      typeof metadata === "object" && metadata !== null ? (metadata as ExceptionModel["metadata"]) : {},
  };
}

/** A value of what the executor noted, whether it stands alone or in a list. */
function notedValue({ metadata }: TaskMetadata, name: string): MetadataValue | undefined {
  return metadata.quantum?.scalars[name] ?? metadata.quantum?.arrays[name]?.at(-1);
}

/** Seconds and bytes that a quantum took, by its metadata; null where they do not tell. */
function describeUsage(metadata: TaskMetadata | null | undefined): ResourceUsageModel | null {
  if (!metadata?.metadata.quantum) return null;
  const textOf = (name: string): string | undefined => {
    const value = notedValue(metadata, name);
    return typeof value === "string" ? value : undefined;
  };
  const end = textOf("endUtc");
  const start = textOf("prepUtc") ?? textOf("startUtc");
  const memory = notedValue(metadata, "endMaxResidentSetSize");
  if (end === undefined || start === undefined || memory === undefined) return null;
  const secondsTo = (from: string, to: string): number => (utcMs(to) - utcMs(from)) / 1000;
  const init = textOf("initUtc") ?? end;
  const run = textOf("startUtc") ?? end;
  const cpu = Number(notedValue(metadata, "endCpuTime")) - Number(notedValue(metadata, "startCpuTime"));
  return {
    memory: Number(memory),
    start,
    prep_time: secondsTo(start, init),
    init_time: secondsTo(init, run),
    run_time: secondsTo(run, end),
    run_time_cpu: Number.isFinite(cpu) ? cpu : Number(notedValue(metadata, "cpuSec") ?? 0),
  };
}

/** The original leaves out that its times are UTC. */
const utcMs = (text: string): number => Date.parse(/Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
