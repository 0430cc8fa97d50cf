import { execFile } from "node:child_process";
import { AlmagestError } from "@almagest/base";

/** Runs one of a batch system's commands and gives what it printed. Throws `WORKLOAD.BATCH_SYSTEM` (to be tried again):
 * a command that failed says nothing about the workers. */
export function runProgram(
  program: string,
  words: readonly string[],
  options: { readonly environment?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      words,
      { env: { ...process.env, ...options.environment }, maxBuffer: 256 * 1024 * 1024, timeout: 120_000 },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const why = stderr.trim().split("\n").at(-1) || error.message;
        reject(
          new AlmagestError("WORKLOAD.BATCH_SYSTEM", `${program} failed: ${why}`, {
            cause: error,
            retryable: true,
            fields: { program },
          }),
        );
      },
    );
    child.stdin?.on("error", () => {
      // It ended before it read all; its exit is what is told.
    });
    child.stdin?.end(options.input ?? "");
  });
}
