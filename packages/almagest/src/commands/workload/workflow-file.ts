import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { AlmagestError } from "@almagest/base";
import { type JobSpec, orderJobs, type TaskSpec, type WorkflowSpec } from "@almagest/workload";
import { parse } from "yaml";
import { z } from "zod";

const command = z.union([z.string().transform((line) => ["sh", "-c", line]), z.array(z.string()).min(1)]);

const request = z
  .object({
    memoryMb: z.number().positive(),
    wallSec: z.number().positive(),
    cores: z.number().int().positive(),
    diskMb: z.number().nonnegative(),
    facility: z.string(),
    software: z.string(),
    inputsAt: z.array(z.string()),
  })
  .partial()
  .strict();

const launch = {
  command: command.optional(),
  environment: z.record(z.string(), z.coerce.string()).optional(),
  payload: z.record(z.string(), z.json()).optional(),
  request: request.optional(),
};

const fileSchema = z
  .object({
    name: z.string().min(1),
    key: z.string().min(1).optional(),
    tasks: z
      .array(
        z
          .object({
            label: z.string().min(1),
            ...launch,
            maxAttempts: z.number().int().positive().optional(),
            priority: z.number().int().optional(),
            scouts: z.number().int().nonnegative().optional(),
          })
          .strict(),
      )
      .min(1),
    jobs: z
      .array(
        z
          .object({
            name: z.string().min(1),
            task: z.string(),
            ...launch,
            parents: z.array(z.string()).optional(),
            afterEnd: z.array(z.string()).optional(),
          })
          .strict(),
      )
      .min(1),
  })
  .strict();

type Launch = Pick<z.infer<typeof fileSchema>["jobs"][number], "command" | "environment" | "payload">;

/** What the pilot is told to run, as our payloads say it. */
function payloadOf({ command: words, environment, payload }: Launch): Pick<JobSpec, "payload"> {
  if (words === undefined && environment === undefined && payload === undefined) return {};
  return {
    payload: {
      ...payload,
      ...(words === undefined ? {} : { command: words }),
      ...(environment === undefined ? {} : { environment }),
    },
  };
}

function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

/**
 * Reads a workflow file (YAML or JSON), its jobs in an order in which parents come first. Its key, unless it names one, is the
 * digest of its text: the same file submitted twice is one submission. Throws `ALMAGEST.WORKFLOW_FILE`.
 */
export function readWorkflowFile(path: string, key?: string): { spec: WorkflowSpec; jobs: JobSpec[] } {
  const refuse = (why: string, cause?: unknown): AlmagestError =>
    new AlmagestError("ALMAGEST.WORKFLOW_FILE", `${path}: ${why}`, { fields: { path }, cause });
  let text: string;
  let value: unknown;
  try {
    text = readFileSync(path, "utf8");
    value = parse(text);
  } catch (cause) {
    throw refuse((cause as Error).message, cause);
  }
  const result = fileSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw refuse(`${issue.path.join(".")}: ${issue.message}`);
  }
  const { name, tasks, jobs } = result.data;
  const specs = tasks.map(({ command: words, environment, payload, ...task }) =>
    defined({ ...task, ...payloadOf(defined({ command: words, environment, payload }) as Launch) }),
  ) as TaskSpec[];
  const ordered = orderJobs(
    jobs.map(({ command: words, environment, payload, ...job }) =>
      defined({ ...job, ...payloadOf(defined({ command: words, environment, payload }) as Launch) }),
    ) as never,
  );
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 32);
  const spec: WorkflowSpec = {
    key: key ?? result.data.key ?? digest,
    name,
    tasks: specs,
    jobCount: ordered.length,
  };
  return { spec, jobs: ordered };
}
