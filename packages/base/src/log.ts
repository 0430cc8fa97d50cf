import { type Clock, systemClock } from "./clock.ts";

/** How grave a log record is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One structured log record. */
export interface LogRecord {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Writes structured records; `child` adds fields to every record of a part of the program. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  child(fields: Record<string, unknown>): Logger;
}

/** Creates a logger that hands every record to `sink`. */
export function createLogger(
  sink: (record: LogRecord) => void,
  fields: Record<string, unknown> = {},
  clock: Clock = systemClock,
): Logger {
  const write =
    (level: LogLevel) =>
    (message: string, more: Record<string, unknown> = {}) =>
      sink({ timeMs: clock.nowMs(), level, message, fields: { ...fields, ...more } });
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (more) => createLogger(sink, { ...fields, ...more }, clock),
  };
}

/** A logger that drops everything. */
export const silentLogger: Logger = createLogger(() => {});

/** One record as a line of JSON: `{"time","level","message",…fields}`. */
export function formatLogLine(record: LogRecord): string {
  const { timeMs, level, message, fields } = record;
  return JSON.stringify({ time: new Date(timeMs).toISOString(), level, message, ...fields }, (_key, value) =>
    typeof value === "bigint" ? value.toString() : value instanceof Error ? value.message : value,
  );
}
