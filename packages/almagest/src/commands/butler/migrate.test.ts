import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createRepository, openButler, openForMigration } from "@almagest/butler";
import { runCommandLine } from "../../testing/run-command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "almagest-migrate-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const run = (...words: string[]) => runCommandLine(["butler", "migrate", ...words]);

test("versions are shown, a plan is told without doing it, and done", async () => {
  const repo = join(folder, "repo");
  await createRepository(repo);
  const current = await run("show-current", repo, "--butler");
  assert.match(
    current.out,
    /^collections: lsst\.daf\.butler\.\S+SynthIntKeyCollectionManager 2\.0\.0 -> 8c57494cabcc \(head\)$/m,
  );
  assert.match(current.out, /^dimensions-config: daf_butler 8 -> [0-9a-f]{12} \(head\)$/m);
  assert.match((await run("show-current", repo)).out, /^8c57494cabcc \(head\)$/m);
  assert.match((await run("upgrade", repo)).out, /Nothing to do/);
  {
    await using db = await openForMigration(repo, { readOnly: false });
    await db.script(
      "UPDATE butler_attributes SET value = '6.0.1' WHERE name = 'version:lsst.daf.butler.registry.dimensions.static.StaticDimensionRecordStorageManager'",
    );
  }
  const rows = JSON.parse((await run("show-current", repo, "--json")).out) as {
    tree: string;
    head: boolean;
  }[];
  assert.deepEqual(
    rows.filter(({ head }) => !head).map(({ tree }) => tree),
    ["dimensions"],
  );
  const plan = JSON.parse((await run("upgrade", repo, "--dry-run", "--json")).out) as {
    to: string;
    revision: string;
  }[];
  assert.deepEqual(
    plan.map(({ to, revision }) => [to, revision]),
    [["6.0.2", "035dcf13ef18"]],
  );
  assert.match((await run("upgrade", repo, "-n")).out, /dimensions 6\.0\.1 -> 6\.0\.2 \(035dcf13ef18\): /);
  assert.match((await run("show-current", repo)).out, /^1601d5973bf8$/m);
  assert.equal((await run("upgrade", repo, "035dcf13ef18")).code, 0);
  assert.match((await run("show-current", repo)).out, /^035dcf13ef18 \(head\)$/m);
  const unknown = await run("upgrade", repo, "ffffffffffff");
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /show-history/);
});

test("history and trees are those of the known migrations", async () => {
  assert.deepEqual(JSON.parse((await run("show-trees", "--json")).out).length, 5);
  const history = (await run("show-history", "dimensions-config")).out.trim().split("\n");
  assert.equal(history.length, 8);
  assert.match(history.at(-3)!, /^bf6308af80aa -> c5ae3a2cd7c2 /);
  assert.match(history[0]!, /\(head\)/);
  assert.equal((await run("show-history", "nothing")).code, 2);
});

test("observing days are computed anew by a command", async () => {
  const repo = join(folder, "days");
  await createRepository(repo);
  {
    await using butler = await openButler(repo);
    const instrument = "Cam";
    await butler.insertRecords("instrument", [{ name: instrument }]);
    await butler.insertRecords("physical_filter", [{ instrument, name: "r", band: "r" }]);
    await butler.insertRecords("day_obs", [{ instrument, id: 20260101 }]);
    await butler.insertRecords("group", [{ instrument, name: "g" }]);
    const begin = BigInt(Date.UTC(2026, 0, 2, 13)) * 1_000_000n;
    const timespan = { begin, end: begin + 1_000_000_000n };
    const keys = { instrument, id: 1, physical_filter: "r", group: "g", day_obs: 20260101 };
    await butler.insertRecords("exposure", [{ ...keys, obs_id: "o", timespan }]);
  }
  assert.match(
    (await run("update-day-obs", repo, "Cam", "-n")).out,
    /^Would change 1 exposures and 0 visits/,
  );
  assert.deepEqual(JSON.parse((await run("update-day-obs", repo, "Cam", "--json")).out), {
    exposures: 1,
    visits: 0,
  });
  await using butler = await openButler(repo);
  assert.equal((await butler.queryRecords("exposure"))[0]!.day_obs, 20260102);
  assert.equal((await run("update-day-obs", repo, "None")).code, 2);
});
