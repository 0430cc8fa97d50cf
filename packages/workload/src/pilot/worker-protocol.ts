import { AlmagestError, type Json, parseJson } from "@almagest/base";

/**
 * The line protocol of a warm worker: one JSON object per line, jobs on its standard input, answers on its standard
 * output, logs on its standard error. The worker says `ready` once it can take jobs; it gets one job at a time and
 * answers it with `result`; when its input ends it finishes what it does and exits 0. Lines of an unknown type are
 * ignored by both sides, so that the protocol can grow.
 */
export type ToWorker = {
  readonly type: "job";
  readonly attemptId: number;
  readonly attemptNr: number;
  readonly jobName: string;
  readonly label: string;
  /** A folder of its own for this attempt; the pilot keeps or removes it. */
  readonly workDir: string;
  readonly taskPayload?: Json;
  readonly jobPayload?: Json;
  /** The payload's place in a trace (W3C's header), where traces are kept; a program has it as `TRACEPARENT` too. */
  readonly traceparent?: string;
};

/** What a worker says. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly text: string }
  | {
      readonly type: "result";
      readonly attemptId: number;
      readonly status: "finished" | "failed";
      /** Why it failed; `code` is the payload's own. */
      readonly error?: { readonly code?: number; readonly text: string };
      readonly outputs?: readonly {
        readonly name: string;
        readonly sizeBytes?: number;
        readonly checksum?: string;
      }[];
    };

/** A line to send to a worker. */
export function writeWorkerLine(message: ToWorker): string {
  return `${JSON.stringify(message)}\n`;
}

/** A worker's line; undefined for a type not known here. Throws `WORKLOAD.WORKER_PROTOCOL`. */
export function readWorkerLine(line: string): FromWorker | undefined {
  let message: unknown;
  try {
    message = parseJson(line);
  } catch (cause) {
    throw protocolError(line, cause);
  }
  if (typeof message !== "object" || message === null || !("type" in message)) throw protocolError(line);
  switch (message.type) {
    case "ready":
      return { type: "ready" };
    case "progress":
      return { type: "progress", text: "text" in message ? String(message.text) : "" };
    case "result": {
      const { attemptId, status } = message as Record<string, unknown>;
      if (typeof attemptId !== "number" || (status !== "finished" && status !== "failed"))
        throw protocolError(line);
      return message as FromWorker;
    }
    default:
      return undefined;
  }
}

function protocolError(line: string, cause?: unknown): AlmagestError {
  const shown = line.length > 200 ? `${line.slice(0, 200)}…` : line;
  return new AlmagestError(
    "WORKLOAD.WORKER_PROTOCOL",
    `A worker wrote a line that is not of the protocol: ${shown}`,
    {
      cause,
      fields: { line: shown },
    },
  );
}
