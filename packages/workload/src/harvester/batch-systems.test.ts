import assert from "node:assert/strict";
import { test } from "node:test";
import type { Worker } from "../core/worker-state.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { condorSubmitFile, createCondor, readCondorJobs, readCondorSubmit } from "./htcondor.ts";
import { createSlurm, readSlurmState, slurmScript } from "./slurm.ts";
import { readTaskString } from "./slurm-rest.ts";

const worker = (id: number): Worker => {
  return {
    id,
    harvester: "h",
    queueId: 1,
    batchId: "",
    status: "pending",
    createdMs: 0,
    changedMs: 0,
    text: "",
  };
};
const setup = {
  url: "http://server:1",
  folder: "/shared/pilots of ours",
  slots: 4,
  idleSec: 60,
  token: "SECRET",
};
const queue = { ...simpleQueue("Q", "US", { cores: 8, memoryMb: 16_000 }), id: 1 };

test("a Slurm script quotes what it is given and holds no secret", () => {
  const files = { pilot: "/shared/pilots of ours/pilot.mjs", token: "/shared/pilots of ours/pilot.token" };
  const script = slurmScript(
    { node: "/opt/node", setup: ["module load node"] },
    worker(7),
    queue,
    setup,
    files,
  );
  assert.match(script, /^#!\/bin\/sh\nmodule load node\nWORKER=\$\(\(7 \+ SLURM_ARRAY_TASK_ID\)\)/);
  assert.match(script, /exec \/opt\/node '\/shared\/pilots of ours\/pilot\.mjs' .*--worker-id "\$WORKER"/);
  assert.doesNotMatch(script, /SECRET/);
  assert.throws(() => createSlurm({ partitoin: "x" }), { code: "WORKLOAD.CONFIG_INVALID" });
});

test("Slurm's states are told in Harvester's words", () => {
  const told = [
    "PENDING",
    "RUNNING",
    "COMPLETING",
    "COMPLETED",
    "CANCELLED by 0",
    "CANCELLED+",
    "NODE_FAIL",
    "TIMEOUT",
  ];
  assert.deepEqual(
    told.map((state) => readSlurmState(state).status),
    ["submitted", "running", "running", "finished", "cancelled", "cancelled", "failed", "failed"],
  );
});

test("elements of a Slurm array that wait together are read one by one", () => {
  assert.deepEqual(readTaskString("0-2,7%2"), [0, 1, 2, 7]);
  assert.deepEqual(readTaskString("1-7:3"), [1, 4, 7]);
  assert.deepEqual(readTaskString(""), []);
  const rest = { url: "http://slurm:6820", tokenFile: "token" };
  assert.throws(() => createSlurm({ rest, sbatch: ["--qos=x"] }), { code: "WORKLOAD.CONFIG_INVALID" });
});

test("an HTCondor submit file names each worker, and answers are read, or refused", () => {
  const options = { universe: "vanilla", node: "/opt/node", lines: ['requirements = (Arch == "X86_64")'] };
  const workers = [worker(7), worker(8)];
  const file = condorSubmitFile(options, workers, queue, setup, "/shared/pilot.token");
  assert.match(
    file,
    /arguments = "pilot\.mjs --url http:\/\/server:1 .*--folder \. .*--worker-id \$\(worker\)"/,
  );
  assert.match(file, /request_cpus = 4\nrequest_memory = 8000MB/);
  assert.match(file, /queue worker from \(\n {2}7\n {2}8\n\)\n$/);
  assert.doesNotMatch(file, /SECRET/);
  assert.deepEqual(
    [...readCondorSubmit("12.0 - 12.1\n", workers)],
    [
      [7, "12.0"],
      [8, "12.1"],
    ],
  );
  assert.throws(() => readCondorSubmit("12.0 - 12.0\n", workers), { code: "WORKLOAD.BATCH_SYSTEM" });
  assert.equal(readCondorJobs("").size, 0);
  const ads = [
    { ClusterId: 12, ProcId: 0, JobStatus: 2, AlmagestWorker: 7 },
    { ClusterId: 12, ProcId: 1, JobStatus: 4, ExitCode: 0 },
    { ClusterId: 12, ProcId: 2, JobStatus: 4, ExitCode: 3 },
    { ClusterId: 12, ProcId: 3, JobStatus: 5, HoldReason: "no such file" },
  ];
  const jobs = readCondorJobs(JSON.stringify(ads));
  assert.deepEqual(
    [...jobs.values()].map(({ status }) => status),
    ["running", "finished", "failed", "submitted"],
  );
  assert.equal(jobs.get("12.3")!.text, "no such file");
  assert.throws(() => readCondorJobs('[{"ClusterId": "x"}]'), { code: "WORKLOAD.BATCH_SYSTEM" });
  assert.throws(() => createCondor({ univers: "grid" }), { code: "WORKLOAD.CONFIG_INVALID" });
});
