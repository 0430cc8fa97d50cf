import { createUniverse } from "@almagest/butler";
import { createPipelineGraph, parsePipeline } from "@almagest/pipeline";
import { tasks } from "../../packages/pipeline/src/fixtures/numeric-tasks.ts";

/** Connections of a pipeline's tasks, from which `build-original.py` makes tasks of the original. */
export async function describeTasks(text: string): Promise<string> {
  const graph = createPipelineGraph(await parsePipeline(text), { tasks, universe: createUniverse() });
  return JSON.stringify(
    [...graph.tasks.values()].map(({ label, dimensions, resolved, ...node }) => ({
      label,
      dimensions,
      even: (resolved.config as { evenOnly?: boolean }).evenOnly ?? false,
      edges: [...node.inputs, ...node.prerequisites, ...node.outputs],
    })),
  );
}
