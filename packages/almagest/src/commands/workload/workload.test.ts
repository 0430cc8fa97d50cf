import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCommandLine } from "../../testing/run-command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "workload-cli-"));
const place = join(folder, "service");
const skip = process.platform === "linux" ? false : "needs Linux: /proc";
let server: ChildProcess;

async function startServer(): Promise<ChildProcess> {
  const bin = join(import.meta.dirname, "../../../bin/almagest.js");
  const words = [bin, "workload", "serve", place, "--jobs", "2"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout!, "data");
  return child;
}

async function stopServer(child: ChildProcess): Promise<number | null> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  return (await ended)[0] as number | null;
}

const run = (...words: string[]) => runCommandLine(["workload", ...words, "--server", place]);

async function ask<T>(...words: string[]): Promise<T> {
  const { code, out, err } = await run(...words, "--json");
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}

before(async () => {
  if (skip === false) server = await startServer();
});
after(async () => {
  if (server?.exitCode === null) await stopServer(server);
  rmSync(folder, { recursive: true });
});

const FILE = `
name: first night
tasks:
  - label: isr
    command: "test $DETECTOR != 3 || { echo no such star 42 >&2; exit 7; }"
    request: { memoryMb: 500, wallSec: 60 }
    maxAttempts: 1
  - { label: coadd, command: [echo, done] }
jobs:
  - { name: coadd, task: coadd, parents: [isr_1, isr_2] }
  - { name: isr_1, task: isr, environment: { DETECTOR: 1 } }
  - { name: isr_2, task: isr, environment: { DETECTOR: 2 } }
  - { name: isr_3, task: isr, environment: { DETECTOR: 3 } }
  - { name: lost, task: coadd, parents: [isr_3] }
`;

test("on a laptop one command serves, and the others submit, look, explain and steer", { skip }, async () => {
  const file = join(folder, "night.yaml");
  writeFileSync(file, FILE);
  const first = await ask<{ workflowId: number; created: boolean }>("submit", file);
  assert.equal(first.created, true);
  assert.equal((await ask<{ created: boolean }>("submit", file)).created, false);
  const id = String(first.workflowId);
  const isDone = async (): Promise<boolean> =>
    (await ask<{ status: string }>("status", id)).status === "done";
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 100));
  const [line] = await ask<{ counts: Record<string, number> }[]>("status");
  assert.partialDeepStrictEqual(line, { counts: { finished: 3, failed: 1, pruned: 1 } });
  const [cluster] = await ask<Record<string, unknown>[]>("errors", id);
  assert.partialDeepStrictEqual(cluster, { label: "isr", error: "transform:7", attempts: 1, failedJobs: 1 });
  assert.match(String(cluster!.text), /no such star …/);
  assert.match((await run("why", "lost")).out, /will not run because isr_3 failed/);
  assert.match((await run("status")).out, /first night/);
  const again = await ask<unknown[]>("retry", id);
  assert.equal(again.length, 1);
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await ask<{ attempts: number }[]>("errors", id))[0]!.attempts, 2);
});

test("logs are found by campaign, task, job, time and text", { skip }, async () => {
  const linesOf = async (...words: string[]): Promise<string[]> =>
    (await ask<{ text: string }[]>("logs", ...words)).map(({ text }) => text);
  // A pilot ships its last lines within a second of its jobs' ends.
  let all: string[] = [];
  while (!(all.includes("no such star 42") && all.includes("done"))) {
    all = await linesOf("--campaign", "first night");
  }
  assert.deepEqual([...new Set(await linesOf("STAR", "--campaign", "first night"))], ["no such star 42"]);
  assert.deepEqual([...new Set(await linesOf("--task", "coadd"))], ["done"]);
  assert.deepEqual([...new Set(await linesOf("--job", "isr_3"))], ["no such star 42"]);
  assert.deepEqual(await linesOf("--job", "isr_1"), []);
  assert.equal((await linesOf("--since", "10m", "--until", "2100-01-01T00:00:00Z")).length, all.length);
  assert.deepEqual(await linesOf("--until", "10m"), []);
  assert.equal((await linesOf("--limit", "1")).length, 1);
  assert.match((await run("logs", "star")).out, /Z isr job \d+( ERROR)?: no such star 42/);
  const none = await run("logs", "--campaign", "no night");
  assert.equal(none.code, 2);
  assert.match(none.err, /There is no campaign/);
  assert.match((await run("logs", "--since", "yesterday")).err, /is no time/);
});

test("queues drain and come back, shares are set, pilots are listed; the status outlives a restart", {
  skip,
}, async () => {
  assert.match((await run("drain", "local")).out, /now drain/);
  assert.match((await run("shares", "here=60", "there=40")).out, /here\s+60\.0 %/);
  const [pilot] = await ask<{ id: number }[]>("pilots", "--all");
  assert.match((await run("pilots", "--log", String(pilot!.id))).out, /"job begins"/);
  const nobody = await run("pilots", "--log", "4711");
  assert.match(nobody.err, /There is no pilot 4711/);
  assert.equal(await stopServer(server), 0);
  assert.ok(!existsSync(join(place, "operator.token")));
  const gone = await run("queues");
  assert.equal(gone.code, 1);
  assert.match(gone.err, /WORKLOAD\.UNREACHABLE.*workload serve/);
  server = await startServer();
  assert.equal((await ask<{ status: string }[]>("queues"))[0]!.status, "drain");
  assert.equal((await ask<{ target: number }[]>("shares")).length, 2);
  assert.match((await run("online", "local")).out, /now online/);
});

test("keys and tokens are nobody else's to read, and a second server on the folder is refused", {
  skip,
}, async () => {
  for (const name of ["operator.token", "issuer-key.json"]) {
    assert.equal(statSync(join(place, name)).mode & 0o077, 0, name);
  }
  assert.equal(statSync(place).mode & 0o077, 0);
  const second = await runCommandLine(["workload", "serve", place]);
  assert.equal(second.code, 1);
  assert.match(second.out + second.err, /WORKLOAD\.ALREADY_SERVED/);
});

test("a workflow file's mistakes are told with their place", { skip }, async () => {
  const mistakes: [string, RegExp][] = [
    ["name: x\ntasks: []\njobs: []", /tasks/],
    ["name: x\ntasks: [{label: a, comand: b}]\njobs: [{name: j, task: a}]", /comand/],
    ["name: x\ntasks: [{label: a}]\njobs: [{name: j, task: a, parents: [k]}]", /unknown parent k/],
    ["name: x\ntasks: [{label: a}]\njobs: [{name: j, task: b}]", /task b/],
    ["{", /mistake/],
  ];
  for (const [text, expected] of mistakes) {
    const file = join(folder, "mistake.yaml");
    writeFileSync(file, text);
    const { code, err } = await run("submit", file);
    assert.equal(code, 1, text);
    assert.match(err, expected);
  }
  assert.equal((await run("kill", "everything")).code, 2);
  assert.equal((await run("why", "nobody")).code, 2);
  assert.match((await run("kill", "999")).err, /There is no workflow 999/);
});
