import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runCommandLine } from "../../testing/run-command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "almagest-pipetask-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const pipeline = join(import.meta.dirname, "../../../pipelines/science.yaml");

const run = (...words: string[]) => runCommandLine(words);

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

test("every view of a pipeline is shown, and what build saves is the same pipeline", async () => {
  const view = async (show: string, ...edits: string[]) => {
    const { code, out, err } = await run("pipetask", "build", "-p", pipeline, ...edits, "--show", show);
    assert.equal(code, 0, err);
    return out;
  };
  const graph = await view("pipeline-graph");
  assert.match(await view("tasks"), /^isr +\S+/m);
  assert.match(await view("task-graph"), /^■ calibrateImage: .* ← isr$/m);
  assert.match(await view("subsets"), /singleVisit/);
  assert.match(await view("inputs"), /^raw +input/m);
  assert.match(await view("svg"), /^<svg/);
  assert.match(await view("config=isr::doover*"), /^config\.doOverscan=true$/m);
  assert.match(await view("history=isr::doOverscan"), /^isr:doOverscan +true +default$/m);
  assert.match(await view("dump-config=isr"), /^doOverscan: true$/m);
  assert.doesNotMatch(await view("tasks", "--delete", "consolidateObjectTable"), /^consolidateObjectTable /m);
  assert.match(await view("tasks", "--select-tasks", "isr"), /isr/);
  const saved = join(folder, "saved.yaml");
  await run("pipetask", "build", "-p", pipeline, "-c", "isr:doFlat=False", "-s", saved);
  const again = await run("pipetask", "build", "-p", saved);
  assert.equal(again.code, 0, again.err);
  const edited = await view("pipeline-graph", "-c", "isr:doFlat=False");
  assert.equal(again.out, edited);
  assert.notEqual(edited, graph, "the flat is no longer read");
  const unknown = await run("pipetask", "build", "-p", pipeline, "--show", "nonsense");
  assert.equal(unknown.code, 2);
  const python = await run("pipetask", "build", "-p", pipeline, "-C", "isr:config.py");
  assert.equal(python.code, 2);
  assert.match(python.err, /never executed/);
});

test("a graph is explained before it is built", async () => {
  const repo = join(folder, "explained");
  await run("butler", "create", repo);
  const { code, out, err } = await run(
    "pipetask",
    "qgraph",
    "-b",
    repo,
    "-p",
    pipeline,
    "--output-run",
    "out",
    "--explain",
    "--json",
  );
  assert.equal(code, 0, err);
  const { queries, tasks, datasets } = JSON.parse(out) as Record<
    string,
    { rows?: number; quanta?: number }[]
  >;
  assert.ok(queries!.every(({ rows }) => rows === 0));
  assert.ok(tasks!.length > 5 && tasks!.every(({ quanta }) => quanta === 0));
  assert.ok(datasets!.length > 5);
});

test("a stored graph runs without the database, where it is one with quanta", async () => {
  const repo = join(folder, "files");
  await run("butler", "create", repo);
  const wrong = await run("pipetask", "run-qbb", repo, pipeline);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /PIPELINE\.QG_INVALID/);
  const file = join(folder, "no-quanta.qg");
  await run("pipetask", "qgraph", "-b", repo, "-p", pipeline, "--output-run", "out", "-q", file);
  const target = join(folder, "provenance.qg");
  const aggregated = await run("butler", "aggregate-graph", file, repo, "-o", target, "--json");
  assert.equal(aggregated.code, 0, aggregated.err);
  const nothing = { datasets: 0, succeeded: 0, failed: 0, blocked: 0, unknown: 0 };
  assert.deepEqual(JSON.parse(aggregated.out), nothing);
  const provenance = await run("pipetask", "run-qbb", repo, target);
  assert.match(provenance.err, /provenance graph/, "which is no graph to run");
  rmSync(join(repo, "gen3.sqlite3"));
  const empty = await run("pipetask", "run-qbb", repo, file, "--processes", "1", "--json");
  assert.equal(empty.code, 1, "nothing to do is a failure");
  assert.equal((JSON.parse(empty.out) as { status: string }).status, "empty");
  const init = await run("pipetask", "pre-exec-init-qbb", repo, file);
  assert.equal(init.code, 2);
  assert.match(init.err, /no quanta/);
});
