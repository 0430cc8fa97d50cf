import type { TraceContext } from "./trace-context.ts";

/** A span as we make it. */
export interface Span extends TraceContext {
  readonly parentId?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** Set where it failed: why. */
  readonly error?: string;
  readonly links?: readonly TraceContext[];
}

/** OTLP's number for a span of kind "internal"; no remote call is told of here. */
const INTERNAL = 1;
const STATUS_ERROR = 2;

const nanoseconds = (ms: number): string => `${Math.round(ms)}000000`;

function attribute([key, value]: readonly [string, string | number | undefined]) {
  if (value === undefined) return [];
  const typed =
    typeof value === "string"
      ? { stringValue: value }
      : Number.isInteger(value)
        ? { intValue: String(value) }
        : { doubleValue: value };
  return [{ key, value: typed }];
}

/** Body of `POST /v1/traces` in OTLP's JSON (opentelemetry-proto 1.x: ids in hexadecimal, 64-bit numbers as text). */
export function toOtlp(spans: readonly Span[], resource: Readonly<Record<string, string>>) {
  return {
    resourceSpans: [
      {
        resource: { attributes: Object.entries(resource).flatMap(attribute) },
        scopeSpans: [
          {
            scope: { name: "almagest.workload" },
            spans: spans.map((span) => ({
              traceId: span.traceId,
              spanId: span.spanId,
              ...(span.parentId === undefined ? {} : { parentSpanId: span.parentId }),
              name: span.name,
              kind: INTERNAL,
              startTimeUnixNano: nanoseconds(span.startMs),
              endTimeUnixNano: nanoseconds(Math.max(span.startMs, span.endMs)),
              attributes: Object.entries(span.attributes).flatMap(attribute),
              ...(span.links === undefined ? {} : { links: span.links.map((link) => ({ ...link })) }),
              ...(span.error === undefined ? {} : { status: { code: STATUS_ERROR, message: span.error } }),
            })),
          },
        ],
      },
    ],
  };
}
