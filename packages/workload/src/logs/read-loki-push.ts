import { AlmagestError } from "@almagest/base";
import { z } from "zod";
import type { LogLine } from "./log-store.ts";

const pushSchema = z.object({
  streams: z
    .array(
      z.object({
        stream: z.record(z.string(), z.coerce.string()),
        values: z.array(z.tuple([z.coerce.string(), z.string()], z.unknown())),
      }),
    )
    .default([]),
});

/**
 * Reads a push as lines of our store. Labels of other senders are kept where they mean something here (`PandaID` of PanDA's
 * pilot is an attempt). Throws `WORKLOAD.REQUEST_INVALID`.
 */
export function readLokiPush(body: unknown): LogLine[] {
  const result = pushSchema.safeParse(body);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new AlmagestError("WORKLOAD.REQUEST_INVALID", `${issue.path.join(".")}: ${issue.message}`);
  }
  return result.data.streams.flatMap(({ stream, values }) => {
    const number = (...names: string[]): number =>
      Number(names.map((name) => stream[name]).find((value) => /^\d+$/.test(value ?? "")) ?? 0);
    const about = {
      workflowId: number("workflow"),
      task: stream.task ?? "",
      jobId: number("job"),
      attemptId: number("attempt", "PandaID"),
      queue: stream.queue ?? "",
      level: stream.level ?? "info",
    };
    return values.map(([nanoseconds, text]) => {
      const timeMs = /^\d+$/.test(nanoseconds) ? Number(BigInt(nanoseconds) / 1_000_000n) : 0;
      return { timeMs, ...about, text };
    });
  });
}
