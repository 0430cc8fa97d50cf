import { AlmagestError } from "@almagest/base";
import { z } from "zod";
import { type Call, defineCall, ok, toJson } from "../call.ts";
import { optionalInteger, optionalText } from "../schemas.ts";

/** What is asked of the logs; they come in by Loki's `/loki/api/v1/push`. */
export const LOG_CALLS: readonly Call[] = [
  defineCall({
    legacy: undefined,
    v1: "workload/search_logs",
    method: "POST",
    needs: "reader",
    summary:
      "Lines of payloads' logs by workflow (or several), task, job, time and text, in the order of their arrival.",
    parameters: z.object({
      workflow_ids: z.array(z.coerce.number().int()).max(10_000).optional(),
      ...{ workflow_id: optionalInteger, task: optionalText, job_id: optionalInteger },
      ...{ attempt_id: optionalInteger, from_ms: optionalInteger, to_ms: optionalInteger },
      ...{ text: optionalText, after: optionalInteger },
      limit: z.coerce.number().int().min(1).max(100_000).optional(),
    }),
    async run({ logs }, asked) {
      if (logs === undefined)
        throw new AlmagestError("WORKLOAD.REQUEST_INVALID", "This server keeps no logs.");
      const filter = {
        ...{
          workflowId: asked.workflow_id,
          workflowIds: asked.workflow_ids,
          task: asked.task,
          jobId: asked.job_id,
          attemptId: asked.attempt_id,
        },
        ...{
          fromMs: asked.from_ms,
          toMs: asked.to_ms,
          text: asked.text,
          after: asked.after,
          limit: asked.limit,
        },
      };
      const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
      return ok(toJson(await logs.search(given)));
    },
  }),
];
