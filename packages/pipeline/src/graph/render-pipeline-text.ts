import type { PipelineGraph } from "./pipeline-graph.ts";

/** The tasks of a pipeline in running order as text: what each reads and writes, and its dimensions. */
export function renderPipelineText(graph: PipelineGraph): string {
  const lines: string[] = [];
  for (const node of graph.tasks.values()) {
    lines.push(`■ ${node.label}: {${node.dimensions.join(", ")}}`);
    const show = (mark: string, edges: typeof node.inputs): void => {
      for (const edge of edges) {
        const name =
          edge.component === undefined ? edge.datasetType : `${edge.datasetType}.${edge.component}`;
        lines.push(
          `  ${mark} ${name}${edge.multiple ? " ×n" : ""}: {${edge.dimensions.join(", ")}} ${edge.storageClass}`,
        );
      }
    };
    show("◁", node.inputs);
    show("◌", node.prerequisites);
    show("▶", node.outputs);
  }
  return `${lines.join("\n")}\n`;
}
