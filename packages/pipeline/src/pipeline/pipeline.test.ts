import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createUniverse } from "@almagest/butler";
import { SURVEY_YAML, tasks } from "../fixtures/numeric-tasks.ts";
import { createPipelineGraph } from "../graph/pipeline-graph.ts";
import { selectTasks } from "../graph/select-tasks.ts";
import { loadPipeline, parsePipeline } from "./load-pipeline.ts";
import type { Pipeline } from "./pipeline.ts";

const universe = createUniverse();
const graphOf = (pipeline: Pipeline) => createPipelineGraph(pipeline, { tasks, universe });
const parse = (text: string) => parsePipeline(text, "/p/main.yaml");
const files = (texts: Record<string, string>) => ({
  readText: async (path: string) => texts[path] ?? Promise.reject(new Error("no such file")),
  environment: { DIR: "/p" },
});
const load = (texts: Record<string, string>, location = "/p/main.yaml") =>
  loadPipeline(location, files(texts));
const labels = (pipeline: Pipeline) => [...pipeline.tasks.keys()];
const fails = (code: string, text?: RegExp) => (error: unknown) => {
  assert.ok(isAlmagestError(error, code), `${code} expected, got ${error}`);
  if (text) assert.match(error.message, text);
  return true;
};

test("imports are included, excluded, renamed and merged", async () => {
  const texts = {
    "/p/base.yaml": SURVEY_YAML,
    "/p/main.yaml": `
description: main
imports:
  - location: $DIR/base.yaml
    exclude: [objectTable, step1]
    labeledSubsetModifyMode: EDIT
    rename: {assembleDeepCoadd: coadd}
parameters: {x: 3}
tasks:
  makeDirectWarp:
    class: makeDirectWarp
    config: {waitMs: parameters.x}
`,
  };
  const pipeline = await load(texts);
  assert.deepEqual(labels(pipeline), [
    "consolidateVisitSummary",
    "makeDirectWarp",
    "coadd",
    "measureObjects",
  ]);
  assert.deepEqual([...pipeline.subsets.keys()], ["step1", "step2"]);
  assert.deepEqual(pipeline.subsets.get("step1")!.labels, []);
  assert.deepEqual(pipeline.subsets.get("step2")!.labels, ["makeDirectWarp", "coadd"]);
  const { config } = graphOf(pipeline).tasks.get("makeDirectWarp")!.resolved;
  assert.equal((config as { waitMs: number }).waitMs, 3);
  const dropped = await load({
    ...texts,
    "/p/main.yaml": "description: d\nimports: {location: base.yaml, exclude: [isr]}\n",
  });
  assert.deepEqual([...dropped.subsets.keys()], ["step2"], "a subset that loses a member is dropped");
});

test("clashing and circular imports, missing files and bad keys are refused with their place", async () => {
  const twice = "description: d\nimports: [base.yaml, base.yaml]\n";
  await assert.rejects(
    load({ "/p/base.yaml": SURVEY_YAML, "/p/main.yaml": twice }),
    fails("PIPELINE.IMPORT_CONFLICT"),
  );
  const self = "description: d\nimports: main.yaml\n";
  await assert.rejects(load({ "/p/main.yaml": self }), fails("PIPELINE.IMPORT_CONFLICT", /imports itself/));
  await assert.rejects(
    load({ "/p/main.yaml": "description: d\nimports: [nope.yaml]\n" }),
    fails("PIPELINE.FILE_MISSING", /nope\.yaml, imported by \/p\/main\.yaml/),
  );
  await assert.rejects(load({}, "$NOPE/x.yaml"), fails("PIPELINE.FILE_MISSING", /\$NOPE/));
  await assert.rejects(
    parse("description: d\ntasks:\n  isr: a\n  isr: b\n"),
    fails("PIPELINE.YAML_INVALID", /main\.yaml:4/),
  );
  await assert.rejects(
    parse("description: d\nimports:\n  - {location: a, include: [x], exclude: [y]}\n"),
    fails("PIPELINE.IMPORT_CONFLICT"),
  );
  await assert.rejects(parse("description: d\n"), fails("PIPELINE.YAML_INVALID", /tasks or imports/));
  await assert.rejects(parse("tasks: {isr: isr}\n"), fails("PIPELINE.YAML_INVALID", /description/));
});

test("config blocks apply in order, dotted paths and literals included, and errors name label and path", async () => {
  const withConfig = (config: string) =>
    parse(`description: d\ntasks:\n  isr:\n    class: isr\n    config: ${config}\n`);
  const configOf = async (config: string) =>
    graphOf(await withConfig(config)).tasks.get("isr")!.resolved.config as Record<string, unknown>;
  const config = await configOf('[{gain: 3, overscan.level: 1.5}, {gain: "4.5", doBias: "False"}]');
  assert.deepEqual([config.gain, config.doBias, config.overscan], [4.5, false, { level: 1.5 }]);
  await assert.rejects(
    configOf("{gian: 1}"),
    fails("PIPELINE.CONFIG_UNKNOWN", /isr: there is no config field 'gian'/),
  );
  await assert.rejects(
    configOf("{overscan.lvl: 1}"),
    fails("PIPELINE.CONFIG_UNKNOWN", /overscan\.lvl.*main\.yaml:5/),
  );
  await assert.rejects(configOf("{overscan: {lvl: 1}}"), fails("PIPELINE.CONFIG_UNKNOWN", /overscan\.lvl/));
  await assert.rejects(
    configOf("{gain: -1}"),
    fails("PIPELINE.CONFIG_INVALID", /isr: config gain \(set at .*:5\)/),
  );
  await assert.rejects(configOf("{gain: parameters.nope}"), fails("PIPELINE.PARAMETER_UNKNOWN"));
  await assert.rejects(
    configOf('{python: "config.gain = 1"}'),
    fails("PIPELINE.CONFIG_PYTHON", /not executed/),
  );
  await assert.rejects(configOf("{file: $DIR/isr.py}"), fails("PIPELINE.CONFIG_PYTHON", /isr\.py/));
  await assert.rejects(
    configOf("{connections.nope: x}"),
    fails("PIPELINE.CONFIG_UNKNOWN", /no connection 'nope'/),
  );
  const renamed = graphOf(await withConfig("{connections.image: my_image}"));
  assert.ok(renamed.datasetTypes.has("my_image") && !renamed.datasetTypes.has("post_isr_image"));
});

test("contracts are checked, and refused when they are programs", async () => {
  const withContract = async (contract: string, config = "{}") =>
    graphOf(
      await parse(`description: d
tasks:
  isr: {class: isr, config: ${config}}
  calibrateImage: calibrateImage
contracts: [{contract: '${contract}', msg: told so}]
`),
    );
  const good =
    "isr.connections.image == calibrateImage.connections.exposures and isr.gain in [2.0, 3] and not isr.gain < 1";
  assert.deepEqual((await withContract(good)).warnings, []);
  await assert.rejects(
    withContract("isr.gain == 3 or isr.doBias is False"),
    fails("PIPELINE.CONTRACT_BROKEN", /told so/),
  );
  await assert.rejects(withContract("len(isr.gain) == 3"), fails("PIPELINE.CONTRACT_PYTHON"));
  assert.match(
    (await withContract("isr.doOther == True")).warnings[0]!,
    /not checked: no field isr\.doOther/,
  );
  const dropped = await load({
    "/p/base.yaml": `${SURVEY_YAML}contracts: ["isr.gain == 7"]\n`,
    "/p/main.yaml": "description: d\nimports: {location: base.yaml, exclude: [isr]}\n",
  });
  assert.equal(dropped.contracts.length, 0, "a contract of a dropped task goes with it");
});

test("fragments and selections choose tasks", async () => {
  const texts = { "/p/main.yaml": SURVEY_YAML };
  assert.deepEqual(labels(await load(texts, "/p/main.yaml#isr,step2")), [
    "isr",
    "makeDirectWarp",
    "assembleDeepCoadd",
  ]);
  const range = graphOf(await load(texts, "/p/main.yaml#calibrateImage..assembleDeepCoadd"));
  assert.deepEqual(
    [...range.tasks.keys()],
    ["calibrateImage", "consolidateVisitSummary", "makeDirectWarp", "assembleDeepCoadd"],
  );
  await assert.rejects(load(texts, "/p/main.yaml#nope"), fails("PIPELINE.LABEL_UNKNOWN", /calibrateImage/));
  await assert.rejects(load(texts, "/p/main.yaml#isr..step2,x"), fails("PIPELINE.EXPRESSION_INVALID"));
  const graph = graphOf(await parse(SURVEY_YAML));
  const selected = (expression: string) => [...selectTasks(graph, expression)];
  assert.deepEqual(selected("<makeDirectWarp"), ["isr", "calibrateImage", "consolidateVisitSummary"]);
  assert.deepEqual(selected(">=measureObjects | T:isr"), ["isr", "measureObjects", "objectTable"]);
  assert.deepEqual(selected("~(S:step1 | S:step2) & ~<objectTable"), ["objectTable"]);
  assert.deepEqual(selected("D:direct_warp"), ["makeDirectWarp"]);
  assert.throws(() => selected("isr &"), fails("PIPELINE.EXPRESSION_INVALID", /its end/));
  assert.throws(() => selected("(isr"), fails("PIPELINE.EXPRESSION_INVALID"));
});
