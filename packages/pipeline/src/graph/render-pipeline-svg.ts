import { type LayoutDirection, layoutPipeline, type PlacedEdge, type PlacedNode } from "./layout-pipeline.ts";
import type { PipelineGraph } from "./pipeline-graph.ts";

const STYLE = `
text { font-family: Inter, "Helvetica Neue", Arial, sans-serif; text-anchor: middle; }
.task rect { fill: #eef3fb; stroke: #3b5f9e; stroke-width: 1.4; }
.task .title { fill: #14243f; font-size: 13px; font-weight: 600; }
.task .subtitle { fill: #5b6b85; font-size: 10px; }
.dataset rect { fill: #ffffff; stroke: #c3ccd9; stroke-width: 1; }
.dataset text { fill: #3a4658; font-size: 11.5px; }
.input rect { fill: #eaf6ee; stroke: #58a06f; stroke-width: 1.2; }
.input text { fill: #1f4a2e; font-size: 11.5px; }
.prerequisite rect { fill: #fdf5e6; stroke: #d1a33c; stroke-width: 1; stroke-dasharray: 4 2; }
.prerequisite text { fill: #6b4d10; font-size: 11.5px; }
.edge { fill: none; stroke: #9aa7ba; stroke-width: 1.3; }
.edge.wants { stroke: #dcbf7f; stroke-dasharray: 4 3; }
`;

/**
 * Draws a pipeline as a free-standing SVG document, dark on light, from top to bottom unless told: tasks as rounded boxes
 * with their dimensions, dataset types as small labels (green: found in the input collections; amber, dashed:
 * prerequisites).
 */
export function renderPipelineSvg(
  graph: PipelineGraph,
  options: { readonly title?: string; readonly direction?: LayoutDirection } = {},
): string {
  if (graph.tasks.size === 0) return '<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"></svg>';
  const direction = options.direction ?? "down";
  const { width, height, nodes, edges } = layoutPipeline(graph, direction);
  const title = options.title ?? graph.pipeline.description;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="${escapeXml(title)}">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="pipeline-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.5 L7.5 4 L0 7.5 z" fill="#9aa7ba"/></marker></defs>',
    ...edges.map((edge) => drawEdge(edge, direction)),
    ...nodes.map(drawNode),
    "</svg>",
    "",
  ].join("\n");
}

function drawNode(node: PlacedNode): string {
  const { kind, title, subtitle, x, y, width, height } = node;
  const radius = kind === "task" ? 9 : height / 2;
  const lines =
    subtitle === ""
      ? [`<text class="title" dy="0.35em" x="${round(x)}" y="${round(y)}">${escapeXml(title)}</text>`]
      : [
          `<text class="title" dy="0.35em" x="${round(x)}" y="${round(y - 8)}">${escapeXml(title)}</text>`,
          `<text class="subtitle" dy="0.35em" x="${round(x)}" y="${round(y + 10)}">${escapeXml(subtitle)}</text>`,
        ];
  const box = `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" height="${round(height)}" rx="${radius}"/>`;
  return `<g class="${kind}">${box}${lines.join("")}</g>`;
}

function drawEdge({ points, to, prerequisite }: PlacedEdge, direction: LayoutDirection): string {
  const [start, ...rest] = points;
  let [x, y] = start!;
  let path = `M${round(x)} ${round(y)}`;
  for (const [nextX, nextY] of rest) {
    const [bendX, bendY] = direction === "right" ? [(nextX - x) / 2, 0] : [0, (nextY - y) / 2];
    const controls = [x + bendX, y + bendY, nextX - bendX, nextY - bendY, nextX, nextY];
    path += ` C${controls.map(round).join(" ")}`;
    [x, y] = [nextX, nextY];
  }
  const arrow = to.startsWith("T:") ? ' marker-end="url(#pipeline-arrow)"' : "";
  return `<path class="edge${prerequisite ? " wants" : ""}" d="${path}"${arrow}/>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const escapeXml = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[character]!,
  );
