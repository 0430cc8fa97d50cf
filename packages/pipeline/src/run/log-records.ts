import type { LogLevel, LogRecord } from "@almagest/base";

/** One log record in the shape of `lsst.daf.butler.logging.ButlerLogRecord`. */
export interface ButlerLogRecord {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly asctime: string;
  readonly message: string;
  readonly levelno: number;
  readonly levelname: string;
  readonly filename: string;
  readonly pathname: string;
  readonly lineno: number;
  readonly funcName: string | null;
  readonly process: number;
  readonly processName: string;
  readonly exc_info?: string;
  readonly MDC: Readonly<Record<string, string>>;
}

/** The log of one quantum, and what else is known of how it ended. */
export interface ButlerLogRecords {
  readonly records: readonly ButlerLogRecord[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

const LEVELS: Readonly<Record<LogLevel, readonly [number, string]>> = {
  debug: [10, "DEBUG"],
  info: [20, "INFO"],
  warn: [30, "WARNING"],
  error: [40, "ERROR"],
};

/** Turns a record of ours into the stored shape: fields follow the message, an error's stack goes to `exc_info`. */
export function toButlerLogRecord(
  record: LogRecord,
  name: string,
  context: Readonly<Record<string, string>>,
): ButlerLogRecord {
  const [levelno, levelname] = LEVELS[record.level];
  const words: string[] = [];
  let stack: string | undefined;
  for (const [key, value] of Object.entries(record.fields)) {
    if (value instanceof Error) stack = value.stack ?? value.message;
    else words.push(`${key}=${formatField(value)}`);
  }
  return {
    name,
    asctime: new Date(record.timeMs).toISOString(),
    message: words.length > 0 ? `${record.message} (${words.join(", ")})` : record.message,
    levelno,
    levelname,
    filename: "",
    pathname: "",
    lineno: 0,
    funcName: null,
    process: process.pid,
    processName: "almagest",
    ...(stack === undefined ? {} : { exc_info: stack }),
    MDC: context,
  };
}

function formatField(value: unknown): string {
  if (typeof value === "string") return value;
  return (
    JSON.stringify(value, (_key, member) => (typeof member === "bigint" ? member.toString() : member)) ?? ""
  );
}
