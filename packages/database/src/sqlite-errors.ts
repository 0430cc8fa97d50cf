import { AlmagestError } from "@almagest/base";

const BUSY = 5;
const LOCKED = 6;

/** SQLite's primary result code of an error, if it came from SQLite. */
export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown })?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** True when another connection holds the lock and the same call may succeed soon. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === BUSY || code === LOCKED;
}

const CODES: Readonly<Record<number, string>> = {
  5: "DATABASE.BUSY",
  6: "DATABASE.BUSY",
  8: "DATABASE.READ_ONLY",
  11: "DATABASE.CORRUPT",
  13: "DATABASE.FULL",
  14: "DATABASE.OPEN",
  19: "DATABASE.CONSTRAINT",
  26: "DATABASE.CORRUPT",
};

/** Our error for one of SQLite's; anything else passes unchanged. */
export function translateSqliteError(error: unknown, statement: string): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const name = CODES[code] ?? "DATABASE.QUERY";
  const message = (error as Error).message;
  return new AlmagestError(name, name === "DATABASE.QUERY" ? `${message} in: ${statement}` : `${message}.`, {
    cause: error,
    retryable: name === "DATABASE.BUSY",
    fields: { statement },
  });
}
