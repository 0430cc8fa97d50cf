import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Terminal } from "../../cli/terminal.ts";
import { main } from "../../main.ts";

const folder = mkdtempSync(join(tmpdir(), "almagest-pipetask-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const pipeline = join(import.meta.dirname, "../../../pipelines/science.yaml");

/** Runs one `pipetask` command line with its output caught. */
async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({
    write(text: string) {
      texts[name] += text;
      return true;
    },
  });
  const terminal = { out: stream("out"), err: stream("err"), color: false, redraw: false };
  return { code: await main(words, terminal as unknown as Terminal), ...texts };
}

test("an empty repository is reported on, planned for and searched without a stack trace", async () => {
  const repo = join(folder, "repo");
  assert.equal((await run("butler", "create", repo)).code, 0);
  const report = await run("pipetask", "report", repo);
  assert.equal(report.code, 0);
  assert.match(report.err, /No quantum/);
  const id = "01a20273-c74d-7476-97ab-737e00000002";
  const provenance = await run("pipetask", "provenance", repo, id);
  assert.equal(provenance.code, 1);
  assert.match(provenance.err, /PIPELINE\.DATASET_UNKNOWN/);
  const file = join(folder, "empty.qg");
  const plan = await run(
    "pipetask",
    "qgraph",
    "-b",
    repo,
    "-p",
    pipeline,
    "--output-run",
    "out",
    "-q",
    file,
    "--json",
  );
  assert.equal(plan.code, 1, "nothing to do is a failure");
  const { tasks, notes } = JSON.parse(plan.out) as {
    tasks: { label: string; toRun: number }[];
    notes: string[];
  };
  assert.ok(tasks.length > 5 && tasks.every(({ toRun }) => toRun === 0));
  assert.match(notes.join(), /no raw/);
});

test("run wants a pipeline or a graph, and a graph that is one", async () => {
  const repo = join(folder, "other");
  await run("butler", "create", repo);
  const neither = await run("pipetask", "run", "-b", repo, "--output-run", "out");
  assert.equal(neither.code, 2);
  assert.match(neither.err, /--pipeline or --qgraph/);
  const wrong = await run("pipetask", "run", "-b", repo, "-g", pipeline);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /PIPELINE\.QG_INVALID/);
});

test("build tells where each value was set", async () => {
  const { code, out } = await run(
    "pipetask",
    "build",
    "-p",
    pipeline,
    "-c",
    "isr:doFlat=False",
    "--show",
    "sources",
  );
  assert.equal(code, 0);
  assert.match(out, /^isr:doFlat +false +command-line:\d+$/m);
  assert.match(out, /^isr:doOverscan +true +default$/m);
});
