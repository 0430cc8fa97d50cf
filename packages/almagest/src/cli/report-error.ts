import { AlmagestError } from "@almagest/base";
import { CommanderError } from "commander";
import { toJsonText } from "./print-rows.ts";
import { paint, type Terminal } from "./terminal.ts";

/** Exit codes: 0 done, 1 the work failed, 2 the command was not understood, 20 a quantum failed that would fail again and
 * stopped the run, 21 a quantum was invalid (both as in the original), 130 interrupted. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  repeatable: 20,
  invalidQuantum: 21,
  interrupted: 130,
} as const;

/**
 * Tells the user of a failure and gives the exit code. A known error prints its code and sentence, never a stack; a bug
 * prints its stack, since it is to be reported. With `json` the error is one object on standard error.
 */
export function reportError(terminal: Terminal, error: unknown, json: boolean): number {
  if (error instanceof CommanderError) {
    // Commander has already written its own message; help and version are not failures.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (error instanceof AlmagestError && error.code !== "BASE.INVARIANT") {
    if (json) {
      const { code, message, fields } = error;
      terminal.err.write(`${toJsonText({ error: { code, message, ...fields } })}\n`);
    } else {
      terminal.err.write(`${paint(terminal, "red", "error")} ${error.code}: ${error.message}\n`);
    }
    return error.code.startsWith("ALMAGEST.USAGE") ? EXIT.usage : EXIT.failed;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (json) terminal.err.write(`${toJsonText({ error: { code: "BASE.INVARIANT", message: stack } })}\n`);
  else terminal.err.write(`${paint(terminal, "red", "internal error")} Please report this:\n${stack}\n`);
  return EXIT.failed;
}
