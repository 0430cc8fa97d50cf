import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { AlmagestError, parseJson } from "@almagest/base";
import type { Identity } from "@almagest/identity";
import { z } from "zod";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import type { JobSpec, SubmitResult, WorkflowSpec } from "../workflow-spec.ts";

const MAX_LINE = 64 * 1024 * 1024;

const requestSchema = z
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

/** The first line of a submission: the workflow without its jobs. */
export const workflowSchema = z.object({
  key: z.string().min(1),
  name: z.string(),
  jobCount: z.number().int().nonnegative(),
  tasks: z.array(
    z.object({
      label: z.string().min(1),
      request: requestSchema.optional(),
      maxAttempts: z.number().int().positive().optional(),
      priority: z.number().int().optional(),
      payload: z.json().optional(),
      holdOutputs: z.boolean().optional(),
      scouts: z.number().int().nonnegative().optional(),
      learn: z.boolean().optional(),
    }),
  ),
});

const index = z.number().int().nonnegative();

/** Every further line: one job. */
export const jobSchema = z.object({
  name: z.string().min(1),
  task: z.string(),
  payload: z.json().optional(),
  parents: z.array(index).optional(),
  afterEnd: z.array(index).optional(),
  request: requestSchema.optional(),
});

function parseLine<S extends z.ZodType>(schema: S, line: string, number: number): z.infer<S> {
  const refuse = (why: string, cause?: unknown): AlmagestError =>
    new AlmagestError("WORKLOAD.REQUEST_INVALID", `line ${number}: ${why}`, {
      fields: { line: number },
      cause,
    });
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (cause) {
    throw refuse((cause as Error).message, cause);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw refuse(`${issue.path.join(".")}: ${issue.message}`);
}

/** The lines of a body, which may be gzipped. Throws where the stream is damaged or cut off. */
async function* readLines(request: IncomingMessage): AsyncGenerator<string> {
  const isGzip = request.headers["content-encoding"] === "gzip";
  // The callback takes an error that the loop below is told of as well.
  const source = isGzip ? pipeline(request, createGunzip(), () => {}) : request;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of source as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    if (rest.length > MAX_LINE) {
      throw new AlmagestError("WORKLOAD.REQUEST_INVALID", `A line is longer than ${MAX_LINE} characters.`);
    }
    yield* parts;
  }
  if (rest !== "") yield rest;
}

/**
 * Takes a workflow as lines of JSON, the first the workflow, each further one a job, in memory that does not grow with their
 * number. Cut off in the middle, it goes on when the same is sent again. Throws `WORKLOAD.REQUEST_INVALID` with the line.
 */
export async function submitStream(
  manager: WorkloadManager,
  request: IncomingMessage,
  caller: Identity,
): Promise<SubmitResult> {
  const lines = readLines(request);
  const first = await lines.next();
  if (first.done) throw new AlmagestError("WORKLOAD.REQUEST_INVALID", "line 1: there is none");
  // Optional members that are absent and those that are undefined are the same to the manager.
  const spec = { ...parseLine(workflowSchema, first.value, 1), owner: caller.subject } as WorkflowSpec;
  async function* jobs(): AsyncGenerator<JobSpec> {
    let number = 1;
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      number++;
      if (line.value !== "") yield parseLine(jobSchema, line.value, number) as JobSpec;
    }
  }
  return manager.submit(spec, jobs());
}
