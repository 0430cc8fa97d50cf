import { readFacts, runJob, serveJobs } from "@almagest/batch";
import type { Command } from "commander";
import { openRepository } from "../../open-repository.ts";
import { RUNTIME_URL } from "../../runtime.ts";
import { isLasting } from "./run-job.ts";

/** `almagest bps run-jobs`: what a pilot keeps warm. It opens the repository once and runs job after job. */
export function addRunJobs(parent: Command): void {
  parent
    .command("run-jobs")
    .description("Run jobs of a submission as they come by the pilot's line protocol (started by a pilot).")
    .argument("<folder>", "submit folder")
    .action(async (folder: string) => {
      const interrupt = new AbortController();
      process.once("SIGTERM", () => interrupt.abort());
      await using butler = await openRepository(readFacts(folder).butlerConfig, { writeable: true });
      const options = { folder, butler, runtimeModule: RUNTIME_URL, signal: interrupt.signal };
      await serveJobs({
        input: process.stdin,
        output: process.stdout,
        log: process.stderr,
        run: (job) => runJob({ ...options, job }),
        isLasting: (error) => isLasting(error),
      });
    });
}
