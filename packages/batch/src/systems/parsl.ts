import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { readJobResult } from "../job/job-result.ts";
import { type Submission, writeWhole } from "../submit/submission.ts";
import { stateOfResult } from "./job-state.ts";
import { runProgram } from "./run-program.ts";
import type { SystemTools, WorkloadSystem } from "./workload-system.ts";

/** Parsl: a driver in Python is generated, in which every job is a bash app that waits for its parents' futures. */
export const parslSystem: WorkloadSystem = {
  prepare: async (submission, tools) => [writeDriver(submission, tools)],
  async submit(submission, tools) {
    await runProgram(pythonOf(submission), [writeDriver(submission, tools)]);
    return "parsl";
  },
  status: async ({ folder, workflow }) =>
    workflow.jobs.map(({ name, parents }) => {
      const result = readJobResult(folder, name);
      return {
        name,
        retries: 0,
        state: result ? stateOfResult(result) : parents.length > 0 ? "UNREADY" : "READY",
      };
    }),
  async cancel() {
    throw new AlmagestError("BATCH.UNSUPPORTED", "Parsl jobs live in their driver: interrupt the driver.");
  },
  ping: async () =>
    (await runProgram("python3", ["-c", "import parsl; print('parsl', parsl.__version__)"])).trim(),
};

const pythonOf = ({ facts }: Submission): string => String(facts.site.python ?? "python3");

const DRIVER = `"""Runs the jobs of this submission with Parsl; made by almagest bps prepare."""
import json
import os
import sys

import parsl
from parsl.app.app import bash_app
from parsl.config import Config
from parsl.executors import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))


@bash_app
def run_job(command, inputs=(), stdout=None, stderr=None):
    return command


def main():
    with open(os.path.join(HERE, "parsl.json")) as stream:
        plan = json.load(stream)
    config = Config(
        executors=[ThreadPoolExecutor(max_threads=plan["nodes"])],
        retries=plan["retries"],
        run_dir=os.path.join(HERE, "parsl"),
        initialize_logging=False,
    )
    failed = 0
    with parsl.load(config):
        futures = {}
        for job in plan["jobs"]:
            done = os.path.join(HERE, "results", job["name"] + ".json")
            if os.path.exists(done):
                continue
            waits = [futures[name] for name in job["parents"] if name in futures]
            log = os.path.join(HERE, "logs", job["name"])
            futures[job["name"]] = run_job(job["command"], inputs=waits, stdout=log + ".out", stderr=log + ".err")
        for future in futures.values():
            failed += future.exception() is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
`;

function writeDriver(submission: Submission, tools: SystemTools): string {
  const { folder, facts, workflow } = submission;
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  const plan = {
    nodes: Number(facts.site.nodes ?? 2),
    retries: Math.max(0, ...workflow.jobs.map(({ resources }) => resources.retries)),
    jobs: workflow.jobs.map(({ name, parents }) => ({
      name,
      parents,
      command: [...tools.command, folder, name].map(quote).join(" "),
    })),
  };
  writeWhole(join(folder, "parsl.json"), JSON.stringify(plan, null, 1));
  writeWhole(join(folder, "logs", "README"), "Output of each job.\n");
  const driver = join(folder, "parsl_driver.py");
  writeWhole(driver, DRIVER);
  return driver;
}
