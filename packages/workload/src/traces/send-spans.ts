import { readFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { type Span, toOtlp } from "./otlp.ts";

/** A collector of traces. */
export interface TraceTarget {
  /** Its address for traces over HTTP, such as `http://collector.example:4318/v1/traces`. */
  readonly url: string;
  /** A file with its bearer token, read anew for each push. */
  readonly tokenFile?: string | undefined;
}

/** Spans per push. */
const PUSH = 2000;
const SLOW_MS = 10_000;
const RESOURCE = { "service.name": "almagest-workload", "service.namespace": "almagest" };

/** What a collector said besides "taken". */
interface Answer {
  readonly partialSuccess?: { readonly rejectedSpans?: string | number; readonly errorMessage?: string };
}

/**
 * Pushes spans by OTLP over HTTP, as JSON. Gives a complaint where the collector refused some for good. Throws
 * `WORKLOAD.TRACES_REFUSED`, retryable, where it did not take them now (it is away, or says 401, 403, 408, 429 or 5xx).
 */
export async function sendSpans(target: TraceTarget, spans: readonly Span[]): Promise<string | undefined> {
  let complaint: string | undefined;
  for (let start = 0; start < spans.length; start += PUSH) {
    complaint = (await push(target, spans.slice(start, start + PUSH))) ?? complaint;
  }
  return complaint;
}

async function push({ url, tokenFile }: TraceTarget, spans: readonly Span[]): Promise<string | undefined> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  const later = (message: string, cause?: unknown): AlmagestError =>
    new AlmagestError("WORKLOAD.TRACES_REFUSED", message, { cause, retryable: true });
  let response: Response;
  let body: string;
  try {
    if (tokenFile !== undefined)
      headers.authorization = `Bearer ${(await readFile(tokenFile, "utf8")).trim()}`;
    response = await fetch(url, {
      ...{ method: "POST", headers, body: JSON.stringify(toOtlp(spans, RESOURCE)) },
      signal: AbortSignal.timeout(SLOW_MS),
    });
    body = await response.text();
  } catch (cause) {
    throw later(`The collector at ${url} does not answer.`, cause);
  }
  const { status } = response;
  if (status >= 500 || [401, 403, 408, 429].includes(status)) {
    throw later(`The collector at ${url} answers with status ${status}.`);
  }
  if (!response.ok)
    return `the collector refuses ${spans.length} spans with status ${status}: ${body.slice(0, 200)}`;
  const { partialSuccess } = body.trim() === "" ? ({} as Answer) : (JSON.parse(body) as Answer);
  const rejected = Number(partialSuccess?.rejectedSpans ?? 0);
  return rejected > 0
    ? `the collector refuses ${rejected} spans: ${partialSuccess?.errorMessage}`
    : undefined;
}
