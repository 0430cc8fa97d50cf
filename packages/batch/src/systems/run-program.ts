import { execFile } from "node:child_process";
import { AlmagestError } from "@almagest/base";

/** Runs a program of a workload system to its end and gives what it printed. Throws `BATCH.COMMAND_FAILED`. */
export function runProgram(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        const said = missing ? "it is not installed" : stderr.trim() || error.message;
        reject(
          new AlmagestError("BATCH.COMMAND_FAILED", `${program}: ${said}`, { fields: { program, args } }),
        );
      }
    });
  });
}
