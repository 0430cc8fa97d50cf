import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PILOT_FILE } from "../harvester/pilot-command.ts";
import { openWorkload } from "../manager/open-workload.ts";
import { startPandaServer } from "../panda/server.ts";
import { simpleQueue } from "../testing/simple-queue.ts";

const skip = process.platform === "linux" ? false : "needs Linux: /proc";

test("the committed pilot is what its sources give", async () => {
  const script = new URL("../../../../scripts/build-pilot.mjs", import.meta.url).href;
  const { bundlePilot } = (await import(script)) as { bundlePilot(): Promise<string> };
  assert.equal(readFileSync(PILOT_FILE, "utf8"), await bundlePilot(), "run `npm run build:pilot` and commit");
});

test("the pilot runs jobs from an empty folder, as one file, on an older Node too", { skip }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), "one-file-"));
  const manager = await openWorkload(":memory:");
  const server = await startPandaServer(manager);
  t.after(async () => {
    await server.close();
    await manager.close();
    rmSync(home, { recursive: true });
  });
  copyFileSync(PILOT_FILE, join(home, "pilot.mjs"));
  writeFileSync(join(home, "token"), "any\n");
  await manager.defineQueue(simpleQueue("Q", "US"));
  // The first Node on the path that is not this one, if there is one.
  const older = ["/usr/local/bin/node", "/usr/bin/node"].find(
    (path) =>
      Number(spawnSync(path, ["-p", "process.versions.node.split('.')[0]"], { encoding: "utf8" }).stdout) >=
      20,
  );
  for (const [index, node] of [process.execPath, older].entries()) {
    if (node === undefined) {
      t.diagnostic("no second Node on this machine");
      continue;
    }
    const jobs = [
      { name: "j", task: "x", payload: { command: ["sh", "-c", 'test -z "$ALMAGEST_PILOT_TOKEN_FILE"'] } },
    ];
    const tasks = [{ label: "x", maxAttempts: 1 }];
    const { firstJob } = await manager.submit({ key: `k${index}`, name: "w", tasks, jobCount: 1 }, jobs);
    const words = ["pilot.mjs", "--url", server.url, "--queue", "Q", "--folder", ".", "--idle-sec", "0.3"];
    const env = { PATH: process.env.PATH, ALMAGEST_PILOT_TOKEN_FILE: "token" };
    const pilot = spawn(node, words, { cwd: home, env, stdio: "ignore" });
    assert.deepEqual((await once(pilot, "exit"))[0], 0, node);
    assert.equal((await manager.explain(firstJob)).status, "finished", node);
  }
});
