import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runCommandLine } from "../../testing/run-command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "almagest-bps-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const run = (...words: string[]) => runCommandLine(words);

test("ping answers for this machine, and an unknown system is told from those that are known", async () => {
  const { code, out } = await run("bps", "ping", "--json");
  assert.equal(code, 0);
  assert.match(JSON.parse(out).answer, /^\d+ cores$/);
  const unknown = await run("bps", "ping", "--wms-service", "lsst.ctrl.bps.elsewhere.Service", "--json");
  assert.equal(unknown.code, 1);
  const { error } = JSON.parse(unknown.err);
  assert.equal(error.code, "BATCH.SYSTEM_UNKNOWN");
  assert.match(error.message, /local, slurm, workload, htcondor, parsl/);
});

test("a folder without a submission, and a submit file that lacks a key or is broken, are told plainly", async () => {
  const missing = await run("bps", "status", "--id", folder);
  assert.deepEqual([missing.code, missing.err.includes("BATCH.SUBMISSION_MISSING")], [1, true]);
  const file = join(folder, "submit.yaml");
  writeFileSync(file, "payload: {payloadName: x}\n");
  const lacking = await run("bps", "prepare", file);
  assert.match(lacking.err, /BATCH\.CONFIG_INVALID: .*gives no 'butlerConfig'/);
  writeFileSync(file, "payload:\n  - [\n");
  assert.match((await run("bps", "submit", file)).err, /BATCH\.YAML_INVALID: .*submit\.yaml:\d+: /);
});
