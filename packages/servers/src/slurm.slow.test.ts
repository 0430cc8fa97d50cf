import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { waitUntil } from "./daemon.ts";
import { missingForSlurm, startSlurm } from "./slurm.ts";

const missing = missingForSlurm();

test("a Slurm runs jobs on its nodes, keeps account, and runs a dead node's jobs elsewhere", {
  skip: missing === "" ? false : missing,
}, async (t) => {
  const site = await startSlurm({ nodes: 2, rest: true });
  t.after(() => site.stop());
  assert.equal(site.run("srun", "-N1", "sh", "-c", "echo $SLURMD_NODENAME").trim().length, 2);
  const submit = (...words: string[]): string =>
    site.run("sbatch", "--parsable", "-o", "/dev/null", ...words).trim();
  const stateOf = (id: string): string =>
    site.run("sacct", "-X", "-n", "-P", "-j", id, "-o", "State,NodeList").trim();
  const hungry = submit("--mem=30M", "--wrap", "head -c 200m /dev/zero | tail -c 190m > /dev/null");
  const lasting = submit("--requeue", "-w", "n1", "--wrap", "sleep 100");
  await waitUntil(() => stateOf(lasting) === "RUNNING|n1", "a job on n1");
  const reply = await fetch(`${site.restUrl}/slurm/v0.0.38/job/${lasting}`, {
    headers: { "X-SLURM-USER-NAME": "root", "X-SLURM-USER-TOKEN": site.createToken("root") },
  });
  const { jobs } = (await reply.json()) as { jobs: { job_state: string }[] };
  assert.equal(jobs[0]?.job_state, "RUNNING");
  await site.killNode("n1");
  // slurmdbd alone has no setting for it.
  const ports = readFileSync(site.environment.SLURM_CONF!, "utf8")
    .matchAll(/(?:ctld|\b)Port=(\d+)/g)
    .map(([, port]) => port);
  const listening = execFileSync("ss", ["-ltnH"], { encoding: "utf8" }).split("\n");
  for (const port of ports) {
    const own = listening.filter((line) => line.includes(`:${port} `));
    assert.ok(
      own.every((line) => line.includes(`127.0.0.1:${port} `)),
      own.join("\n"),
    );
  }
  await waitUntil(() => !site.run("sinfo", "-h", "-n", "n1", "-o", "%T").startsWith("idle"), "n1 down");
  await site.startNode("n1");
  assert.match(stateOf(hungry), /^OUT_OF_MEMORY/);
});
