import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { AlmagestError, type Json } from "@almagest/base";
import { z } from "zod";
import { ARRAY_PREFIX, type SlurmElement, type SlurmTalk } from "./slurm-talk.ts";

/** How a slurmrestd is reached. */
export const slurmRestSchema = z
  .object({
    url: z.string().describe("Address of slurmrestd, such as http://slurm.example:6820."),
    tokenFile: z
      .string()
      .describe("A file with its JSON Web Token (scontrol token), read anew for each call."),
    user: z.string().optional().describe("Whose token it is; this process's user unless told."),
    version: z.string().default("v0.0.38").describe("Version of the interface; known to work: v0.0.38."),
    job: z.record(z.string(), z.json()).default({}).describe("Further members of the job that is submitted."),
  })
  .strict();

export type SlurmRestOptions = z.infer<typeof slurmRestSchema>;

const SLOW_MS = 60_000;

const jobsSchema = z.object({
  jobs: z.array(
    z.object({
      job_id: z.number(),
      array_job_id: z.number().nullish(),
      array_task_id: z.number().nullish(),
      array_task_string: z.string().nullish(),
      name: z.string().nullish(),
      job_state: z.string().nullish(),
      state_reason: z.string().nullish(),
      user_name: z.string().nullish(),
    }),
  ),
});

const accountSchema = z.object({
  jobs: z.array(
    z.object({
      array: z.object({
        job_id: z.number().nullish(),
        task_id: z.number().nullish(),
        task: z.string().nullish(),
      }),
      state: z.object({ current: z.string(), reason: z.string().nullish() }),
      exit_code: z
        .object({
          return_code: z.number().nullish(),
          signal: z.object({ signal_id: z.number().nullish() }).nullish(),
        })
        .nullish(),
    }),
  ),
});

const submitSchema = z.object({ job_id: z.number() });

/** Indices of an array's elements that still wait together: `0-3,7%2`. */
export function readTaskString(text: string): number[] {
  return text
    .replace(/%\d+$/, "")
    .split(",")
    .flatMap((part) => {
      const [, first, last = first, step = "1"] = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(part) ?? [];
      if (first === undefined) return [];
      const count = Math.floor((Number(last) - Number(first)) / Number(step)) + 1;
      return Array.from({ length: count }, (_, index) => Number(first) + index * Number(step));
    });
}

/** Speaks to Slurm by slurmrestd, with a token: no Slurm program or configuration is needed on this machine. */
export function slurmByRest(options: SlurmRestOptions): SlurmTalk {
  const { tokenFile, version, user = userInfo().username } = options;
  const url = options.url.replace(/\/$/, "");

  const call = async (method: string, path: string, body?: Json): Promise<unknown> => {
    const fail = (why: string, cause?: unknown): AlmagestError =>
      new AlmagestError("WORKLOAD.BATCH_SYSTEM", `slurmrestd at ${url} ${why}.`, { cause, retryable: true });
    let response: Response;
    let text: string;
    try {
      const token = (await readFile(tokenFile, "utf8")).trim();
      response = await fetch(`${url}/${path}`, {
        method,
        headers: {
          ...{ "x-slurm-user-name": user, "x-slurm-user-token": token, accept: "application/json" },
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(SLOW_MS),
      });
      text = await response.text();
    } catch (cause) {
      throw fail("does not answer", cause);
    }
    let reply: { readonly errors?: readonly { readonly error?: string; readonly description?: string }[] } =
      {};
    try {
      reply = JSON.parse(text) as typeof reply;
    } catch {
      // Refusals of the token come as plain text.
    }
    const [first] = reply.errors ?? [];
    if (response.ok && first === undefined) return reply;
    const why = first?.description ?? first?.error ?? text.slice(0, 200);
    throw fail(`answers ${method} /${path} with status ${response.status}: ${why}`);
  };
  const read = <S extends z.ZodType>(schema: S, reply: unknown): z.infer<S> => {
    const result = schema.safeParse(reply);
    if (result.success) return result.data;
    const { path, message } = result.error.issues[0]!;
    throw new AlmagestError(
      "WORKLOAD.BATCH_SYSTEM",
      `slurmrestd at ${url} gives an answer that cannot be read: ${path.join(".")}: ${message}.`,
    );
  };

  return {
    async submit(array) {
      const job = {
        ...{ name: array.name, array: `0-${array.count - 1}`, cpus_per_task: array.cpus },
        ...{ memory_per_node: array.memoryMb, time_limit: array.minutes },
        ...{ current_working_directory: array.folder, standard_output: array.output },
        // As by sbatch: told before the time is up, never run twice (`requeue: false` is taken and does nothing).
        ...{ signal: "TERM@60", no_requeue: true, open_mode: "append" },
        // Slurm refuses a job without an environment; a login's is not ours to send.
        environment: { PATH: "/usr/local/bin:/usr/bin:/bin" },
        ...(array.partition === undefined ? {} : { partition: array.partition }),
        ...(array.account === undefined ? {} : { account: array.account }),
        ...options.job,
      };
      const reply = await call("POST", `slurm/${version}/job/submit`, { script: array.script, job });
      return String(read(submitSchema, reply).job_id);
    },
    async queue() {
      const { jobs } = read(jobsSchema, await call("GET", `slurm/${version}/jobs`));
      return jobs.flatMap((job): SlurmElement[] => {
        const name = job.name ?? "";
        if (!name.startsWith(ARRAY_PREFIX) || (job.user_name && job.user_name !== user)) return [];
        const indices = job.array_task_string
          ? readTaskString(job.array_task_string)
          : [job.array_task_id ?? 0];
        return indices.map((index) => ({
          batchId: `${job.array_job_id || job.job_id}_${index}`,
          ...{ name, state: job.job_state ?? "", reason: job.state_reason ?? "" },
        }));
      });
    },
    async accounting(jobIds) {
      const found: Omit<SlurmElement, "name">[] = [];
      for (const id of jobIds) {
        const reply = await call("GET", `slurmdb/${version}/job/${id}`).catch((error: AlmagestError) => {
          // Without slurmdbd nobody knows more than the controller.
          if (/no accounting|not find|unable to (find|query)|nothing found/i.test(error.message))
            return { jobs: [] };
          throw error;
        });
        for (const { array, state, exit_code: exit } of read(accountSchema, reply).jobs) {
          found.push({
            batchId: `${array.job_id || id}_${array.task_id ?? 0}`,
            state: state.current,
            reason: `exit ${exit?.return_code ?? 0}:${exit?.signal?.signal_id ?? 0}`,
          });
        }
      }
      return found;
    },
    async cancel(batchIds) {
      for (const id of batchIds) {
        await call("DELETE", `slurm/${version}/job/${id}`).catch((error: AlmagestError) => {
          // One that has ended meanwhile is as it should be.
          if (!/already/i.test(error.message)) throw error;
        });
      }
    },
  };
}
