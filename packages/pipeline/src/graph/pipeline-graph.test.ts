import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createUniverse } from "@almagest/butler";
import { SURVEY_YAML, tasks } from "../fixtures/numeric-tasks.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { createPipelineGraph, type PipelineGraph } from "./pipeline-graph.ts";
import { renderPipelineSvg } from "./render-pipeline-svg.ts";
import { renderPipelineText } from "./render-pipeline-text.ts";

const universe = createUniverse();
const graphOf = async (text: string) => createPipelineGraph(await parsePipeline(text), { tasks, universe });
const fails = (code: string) => (error: unknown) => isAlmagestError(error, code);

test("tasks are ordered by what they need, whatever the file's order", async () => {
  const reversed = SURVEY_YAML.replace(/tasks:\n((?: {2}.*\n)+)/, (_, body: string) => {
    return `tasks:\n${body.trimEnd().split("\n").reverse().join("\n")}\n`;
  });
  const graph = await graphOf(reversed);
  assert.deepEqual(
    [...graph.tasks.keys()],
    [
      "isr",
      "calibrateImage",
      "consolidateVisitSummary",
      "makeDirectWarp",
      "assembleDeepCoadd",
      "measureObjects",
      "objectTable",
    ],
  );
  assert.deepEqual(
    [...graph.datasetTypes.values()].filter((type) => type.constrainsQuery).map(({ name }) => name),
    ["raw"],
  );
  assert.ok(graph.datasetTypes.get("refcat")!.isPrerequisite);
  assert.deepEqual(graph.datasetTypes.get("post_isr_image")!.consumers, ["calibrateImage"]);
});

test("two producers, circles, mixed prerequisites and clashing types are refused", async () => {
  const withTasks = (body: string) => graphOf(`description: d\ntasks:\n${body}`);
  await assert.rejects(withTasks("  a: isr\n  b: isr\n"), fails("PIPELINE.TWO_PRODUCERS"));
  await assert.rejects(
    withTasks(
      "  a: {class: isr, config: {connections.raw: x, connections.image: y}}\n  b: {class: isr, config: {connections.raw: y, connections.image: x}}\n",
    ),
    fails("PIPELINE.CYCLE"),
  );
  await assert.rejects(
    withTasks("  isr: isr\n  combine: combine\n"),
    fails("PIPELINE.PREREQUISITE_PRODUCED"),
  );
  await assert.rejects(
    withTasks("  isr: isr\n  m: {class: measureObjects, config: {connections.coadds: post_isr_image}}\n"),
    fails("PIPELINE.TYPE_MISMATCH"),
  );
  await assert.rejects(withTasks("  isr: lsst.ip.isr.Nope\n"), (error) => {
    assert.ok(isAlmagestError(error, "PIPELINE.TASK_UNKNOWN"));
    assert.match(error.message, /isr \(lsst\.ip\.isr\.Nope\)/);
    return true;
  });
  const pipeline = await parsePipeline(SURVEY_YAML);
  const raw = { name: "raw", dimensions: exposure, storageClass: "ExposureF", isCalibration: false };
  assert.throws(
    () => createPipelineGraph(pipeline, { tasks, universe, registered: new Map([["raw", raw]]) }),
    fails("PIPELINE.TYPE_MISMATCH"),
  );
});

const exposure = ["instrument", "exposure", "detector"];

test("a pipeline is drawn as text and as a picture with every box inside", async () => {
  const graph = await graphOf(SURVEY_YAML);
  assert.match(renderPipelineText(graph), /■ isr: \{instrument, exposure, detector\}\n {2}◁ raw/);
  for (const direction of ["right", "down"] as const) checkDrawing(graph, direction);
});

function checkDrawing(graph: PipelineGraph, direction: "right" | "down"): void {
  const svg = renderPipelineSvg(graph, { direction });
  for (const label of graph.tasks.keys()) assert.ok(svg.includes(`>${label}</text>`), label);
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
  const boxes = [
    ...svg.matchAll(/<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
  ].map((box) => box.slice(1).map(Number));
  assert.equal(boxes.length, graph.tasks.size + graph.datasetTypes.size);
  for (const [i, [x, y, w, h]] of boxes.entries()) {
    assert.ok(x! >= 0 && y! >= 0 && x! + w! <= width! && y! + h! <= height!);
    for (const [x2, y2, w2, h2] of boxes.slice(0, i)) {
      const apart = x! >= x2! + w2! || x2! >= x! + w! || y! >= y2! + h2! || y2! >= y! + h!;
      assert.ok(apart, "boxes do not overlap");
    }
  }
  assert.equal(svg, renderPipelineSvg(graph, { direction }), "the drawing is the same each time");
}
