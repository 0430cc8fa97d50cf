import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import type { Terminal } from "../../cli/terminal.ts";
import { main } from "../../main.ts";

const folder = mkdtempSync(join(tmpdir(), "almagest-bps-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const terminal = { out, err: err as unknown as Terminal["err"], color: false, redraw: false };
  const code = await main(argv, terminal);
  out.end();
  err.end();
  return { code, out: await text(out), err: await text(err) };
}

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
