import assert from "node:assert/strict";
import { test } from "node:test";
import { createUniverse } from "@almagest/butler";
import { tasks } from "../fixtures/numeric-tasks.ts";
import { createPipelineGraph } from "../graph/pipeline-graph.ts";
import { parsePipeline } from "../pipeline/load-pipeline.ts";
import { listConfigValues } from "./list-config-values.ts";

test("every value of a configuration names the line that set it, or the default", async () => {
  const yaml = `description: One task
tasks:
  isr:
    class: lsst.ip.isr.IsrTaskLSST
    config:
      gain: 3
      overscan.level: 5
      connections.image: reduced
`;
  const graph = createPipelineGraph(await parsePipeline(yaml), { tasks, universe: createUniverse() });
  const values = listConfigValues(graph.tasks.get("isr")!);
  const of = (field: string) => values.find((each) => each.field === field)!;
  assert.equal(of("gain").value, 3);
  assert.match(of("gain").source, /:6$/);
  assert.match(of("overscan.level").source, /:7$/);
  assert.deepEqual([of("doBias").value, of("doBias").source], [true, "default"]);
  assert.equal(of("connections.image").value, "reduced");
  assert.match(of("connections.image").source, /:8$/);
  assert.equal(of("connections.raw").source, "default");
});
