/** A failure a user or an operator can act on: a dotted code, a sentence that says what to do, and the facts. */
export class AlmagestError extends Error {
  /** Dotted code, such as `FITS.CARD_INVALID`; every code is listed in docs/errors.md. */
  readonly code: string;
  /** The facts of this failure: names, offsets, values. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** True when the same call may succeed later (a network fault, a busy database). */
  readonly retryable: boolean;

  constructor(
    code: string,
    message: string,
    options: { fields?: Record<string, unknown>; cause?: unknown; retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AlmagestError";
    this.code = code;
    this.fields = options.fields ?? {};
    this.retryable = options.retryable ?? false;
  }
}

/** True when `error` is an AlmagestError, and has `code` if one is given (a trailing `.` matches a whole area). */
export function isAlmagestError(error: unknown, code?: string): error is AlmagestError {
  if (!(error instanceof AlmagestError)) return false;
  if (code === undefined) return true;
  return code.endsWith(".") ? error.code.startsWith(code) : error.code === code;
}

/** Throws `BASE.INVARIANT` when a condition the program itself guarantees does not hold: a bug, not a user's mistake. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AlmagestError("BASE.INVARIANT", `Internal error: ${message}. Please report it.`);
}

/** For the default branch of an exhaustive switch; throws `BASE.INVARIANT` if it is ever reached. */
export function assertNever(value: never): never {
  throw new AlmagestError(
    "BASE.INVARIANT",
    `Internal error: unexpected value ${String(value)}. Please report it.`,
  );
}
