import { NoWorkFound } from "./no-work-found.ts";

/** Nothing to do because something earlier went wrong and was let pass: success, with the caveats `N` and `U`. */
export class UpstreamFailureNoWorkFound extends NoWorkFound {}

/** Input that nobody can process: success without outputs, with the caveats `N` and `D`. */
export class UnprocessableDataError extends NoWorkFound {}

/** A failure that would come again on any machine and at any time: the quantum is not tried again. */
export class RepeatableQuantumError extends Error {}

/** A failure of the algorithm on these data, with figures that belong to it. */
export class AlgorithmError extends RepeatableQuantumError {
  readonly figures: Readonly<Record<string, number | string | boolean>>;

  constructor(message: string, figures: AlgorithmError["figures"] = {}) {
    super(message);
    this.figures = figures;
  }
}

/** The task could not make all of its outputs: those it has are given along. Counts as failure, or where partial outputs
 * are welcome as success with the caveat `P`. */
export class AnnotatedPartialOutputsError extends RepeatableQuantumError {
  /** By connection, as `run` would have returned them. */
  readonly outputs: Readonly<Record<string, unknown>>;

  constructor(message: string, outputs: AnnotatedPartialOutputsError["outputs"]) {
    super(message);
    this.outputs = outputs;
  }
}

/** The quantum or its configuration makes no sense, and so the whole run is in doubt: it stops. */
export class InvalidQuantumError extends Error {}

/** What a failure means for what comes next. */
export type FailureKind = "repeatable" | "invalid";

/** The kind of a failure; undefined for one that may pass when tried again. */
export function failureKind(error: unknown): FailureKind | undefined {
  if (error instanceof InvalidQuantumError) return "invalid";
  return error instanceof RepeatableQuantumError ? "repeatable" : undefined;
}

/** Caveat letters of a quantum that found nothing to do. */
export function noWorkCaveats(error: NoWorkFound): string {
  if (error instanceof UnprocessableDataError) return "ND";
  return error instanceof UpstreamFailureNoWorkFound ? "NU" : "N";
}
