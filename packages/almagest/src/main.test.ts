import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runCommandLine } from "./testing/run-command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "almagest-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const run = (...words: string[]) => runCommandLine(words);

test("without words, and with --help, the command teaches and succeeds", async () => {
  const bare = await run();
  assert.equal(bare.code, 0);
  for (const word of ["demo", "process", "simulate", "butler", "pipetask", "report", "Start here"]) {
    assert.ok(bare.out.includes(word), `help does not mention ${word}`);
  }
  const help = await run("butler", "query-datasets", "--help");
  assert.equal(help.code, 0);
  assert.match(help.out, /Example:/);
});

test("a mistake in the words is told with a hint, no stack, and exit code 2", async () => {
  for (const words of [
    ["nonsense"],
    ["butler", "query-datasets"],
    ["demo", "--seed", "many"],
    ["demo", "--size", "huge"],
  ]) {
    const { code, err } = await run(...words);
    assert.equal(code, 2, words.join(" "));
    assert.ok(err.length > 0);
    assert.doesNotMatch(err, /\n\s+at /, "a stack trace for a user's mistake");
  }
});

test("a missing repository is an error with its code, as text and as JSON", async () => {
  const text = await run("butler", "query-collections", join(folder, "nowhere"));
  assert.equal(text.code, 1);
  assert.match(text.err, /error ALMAGEST\.REPOSITORY_MISSING: .*almagest butler create/);
  const json = await run("butler", "query-collections", join(folder, "nowhere"), "--json");
  assert.equal(json.code, 1);
  assert.equal(json.out, "");
  assert.equal(JSON.parse(json.err).error.code, "ALMAGEST.REPOSITORY_MISSING");
});

test("a repository is made, filled with collections, and asked", async () => {
  const repo = join(folder, "repo");
  assert.equal((await run("butler", "create", repo)).code, 0);
  const empty = await run("butler", "query-collections", repo, "--json");
  assert.deepEqual(JSON.parse(empty.out), []);
  const missing = await run("butler", "collection-chain", repo, "all", "absent");
  assert.equal(missing.code, 1);
  assert.match(missing.err, /BUTLER\.COLLECTION_MISSING/);
  assert.equal((await run("butler", "collection-chain", repo, "inner", "all")).code, 0);
  const table = await run("butler", "query-collections", repo, "--chains", "TABLE", "--csv");
  assert.equal(table.out, "Name,Type,Children\nall,CHAINED,\ninner,CHAINED,all\n");
  const tree = await run("butler", "query-collections", repo, "inner");
  assert.match(tree.out, /inner\s+CHAINED\n\s+all\s+CHAINED/);
});

test("a wrong expression is refused with the place of the mistake", async () => {
  const repo = join(folder, "repo");
  const { code, err } = await run(
    "butler",
    "query-dimension-records",
    repo,
    "exposure",
    "--where",
    "exposure >",
  );
  assert.equal(code, 1);
  assert.match(err, /BUTLER\.[A-Z_]+: /);
  assert.doesNotMatch(err, /\n\s+at /);
});

test("a pipeline is shown as text, as SVG and as configuration; an unknown label is refused", async () => {
  const pipeline = join(import.meta.dirname, "..", "pipelines", "science.yaml");
  const graph = await run("pipetask", "build", "-p", pipeline);
  assert.match(graph.out, /calibrateImage/);
  const svg = await run("pipetask", "build", "-p", pipeline, "--show", "svg");
  assert.match(svg.out, /^<svg/);
  const edited = await run(
    "pipetask",
    "build",
    "-p",
    pipeline,
    "--show",
    "config",
    "-c",
    "isr:doFlat=false",
    "-c",
    "isr:doDark=False",
    "-c",
    "calibrateImage:detectionSigma=6.5",
  );
  assert.equal(JSON.parse(edited.out).isr.doFlat, false);
  assert.equal(JSON.parse(edited.out).isr.doDark, false);
  assert.equal(JSON.parse(edited.out).calibrateImage.detectionSigma, 6.5);
  const wrong = await run("pipetask", "build", "-p", pipeline, "-c", "nobody:doFlat=False");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /it has .*calibrateImage/);
});
