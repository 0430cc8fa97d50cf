import type { PipelineGraph } from "./pipeline-graph.ts";

/** A task or dataset type placed in the drawing, in pixels; x, y is the middle. */
export interface PlacedNode {
  readonly id: string;
  readonly kind: "task" | "dataset" | "input" | "prerequisite";
  readonly title: string;
  readonly subtitle: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line from one node to another through the points between their layers. */
export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly prerequisite: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A pipeline laid out from left to right. */
export interface PipelineLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

interface Vertex {
  readonly id: string;
  readonly kind: PlacedNode["kind"] | "bend";
  readonly title: string;
  readonly subtitle: string;
  layer: number;
  order: number;
  y: number;
}

const COLUMN_GAP = 46;
const ROW_GAP = 14;
const MARGIN = 24;
const CHARACTER = 6.9;
const HEIGHTS = { task: 44, dataset: 22, input: 22, prerequisite: 22, bend: 8 } as const;

/**
 * Lays a pipeline out in layers (Sugiyama, Tagawa & Toda 1981): tasks and dataset types alternate from left to right, long
 * lines pass between the boxes, and crossings are reduced by sorting each layer by the middle of its neighbours.
 */
export function layoutPipeline(graph: PipelineGraph): PipelineLayout {
  const vertices = new Map<string, Vertex>();
  const links: { from: string; to: string; prerequisite: boolean }[] = [];
  collect(graph, vertices, links);
  assignLayers(vertices, links);
  const { chains, segments } = addBends(vertices, links);
  const layers = orderLayers(vertices, segments);
  const columns = layers.map((layer) => Math.max(...layer.map((vertex) => widthOf(vertex))));
  const left = columns.map(
    (_, i) => MARGIN + columns.slice(0, i).reduce((sum, width) => sum + width + COLUMN_GAP, 0),
  );
  const height = placeRows(layers, segments, vertices);
  const center = (vertex: Vertex): number => left[vertex.layer]! + columns[vertex.layer]! / 2;
  const nodes = [...vertices.values()].flatMap((vertex): PlacedNode[] => {
    if (vertex.kind === "bend") return [];
    const { id, kind, title, subtitle, y } = vertex;
    return [
      { id, kind, title, subtitle, x: center(vertex), y, width: widthOf(vertex), height: HEIGHTS[kind] },
    ];
  });
  const edges = links.map(({ from, to, prerequisite }, i) => {
    const points = chains[i]!.map((id, position, all): [number, number] => {
      const vertex = vertices.get(id)!;
      const half = widthOf(vertex) / 2;
      const x = center(vertex) + (position === 0 ? half : position === all.length - 1 ? -half : 0);
      return [x, vertex.y];
    });
    return { from, to, prerequisite, points };
  });
  return { width: left.at(-1)! + columns.at(-1)! + MARGIN, height, nodes, edges };
}

function collect(
  graph: PipelineGraph,
  vertices: Map<string, Vertex>,
  links: { from: string; to: string; prerequisite: boolean }[],
): void {
  const add = (id: string, kind: Vertex["kind"], title: string, subtitle: string): void => {
    vertices.set(id, { id, kind, title, subtitle, layer: 0, order: 0, y: 0 });
  };
  for (const node of graph.tasks.values())
    add(`T:${node.label}`, "task", node.label, node.dimensions.join(" · "));
  for (const type of graph.datasetTypes.values()) {
    const kind = type.isPrerequisite ? "prerequisite" : type.isOverallInput ? "input" : "dataset";
    add(`D:${type.name}`, kind, type.name, "");
    if (type.producer) links.push({ from: `T:${type.producer}`, to: `D:${type.name}`, prerequisite: false });
    for (const label of type.consumers) {
      links.push({ from: `D:${type.name}`, to: `T:${label}`, prerequisite: type.isPrerequisite });
    }
  }
}

type Link = { readonly from: string; readonly to: string };

/** Longest path from the left; then sources move right, next to their first reader. */
function assignLayers(vertices: Map<string, Vertex>, links: readonly Link[]): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const { from, to } of links) {
      const layer = vertices.get(from)!.layer + 1;
      if (vertices.get(to)!.layer >= layer) continue;
      vertices.get(to)!.layer = layer;
      changed = true;
    }
  }
  for (const vertex of vertices.values()) {
    if (links.some(({ to }) => to === vertex.id)) continue;
    const readers = links.filter(({ from }) => from === vertex.id).map(({ to }) => vertices.get(to)!.layer);
    if (readers.length > 0) vertex.layer = Math.min(...readers) - 1;
  }
}

/** Splits lines over several layers with a bend in each layer between. */
function addBends(
  vertices: Map<string, Vertex>,
  links: readonly Link[],
): { chains: string[][]; segments: Link[] } {
  const segments: Link[] = [];
  const chains = links.map(({ from, to }, index) => {
    const chain = [from];
    for (let layer = vertices.get(from)!.layer + 1; layer < vertices.get(to)!.layer; layer++) {
      const id = `B:${index}:${layer}`;
      vertices.set(id, { id, kind: "bend", title: "", subtitle: "", layer, order: 0, y: 0 });
      chain.push(id);
    }
    chain.push(to);
    for (let i = 1; i < chain.length; i++) segments.push({ from: chain[i - 1]!, to: chain[i]! });
    return chain;
  });
  return { chains, segments };
}

function orderLayers(vertices: ReadonlyMap<string, Vertex>, segments: readonly Link[]): Vertex[][] {
  const layers: Vertex[][] = [];
  for (const vertex of vertices.values()) {
    const layer = (layers[vertex.layer] ??= []);
    vertex.order = layer.push(vertex) - 1;
  }
  const neighbours = neighbourTable(vertices, segments);
  const sweep = (layer: Vertex[], side: "before" | "after"): void => {
    const key = new Map(
      layer.map((vertex) => [
        vertex,
        mean(neighbours.get(vertex.id)![side].map(({ order }) => order)) ?? vertex.order,
      ]),
    );
    layer.sort((a, b) => key.get(a)! - key.get(b)! || a.order - b.order);
    for (const [order, vertex] of layer.entries()) vertex.order = order;
  };
  for (let pass = 0; pass < 12; pass++) {
    for (const layer of layers) sweep(layer, "before");
    for (const layer of [...layers].reverse()) sweep(layer, "after");
  }
  return layers;
}

type Neighbours = Map<string, { before: Vertex[]; after: Vertex[] }>;

function neighbourTable(vertices: ReadonlyMap<string, Vertex>, segments: readonly Link[]): Neighbours {
  const table: Neighbours = new Map([...vertices.keys()].map((id) => [id, { before: [], after: [] }]));
  for (const { from, to } of segments) {
    table.get(from)!.after.push(vertices.get(to)!);
    table.get(to)!.before.push(vertices.get(from)!);
  }
  return table;
}

/** Gives each vertex a height near the middle of its neighbours, keeping order and distance. Gives the total height. */
function placeRows(
  layers: readonly Vertex[][],
  segments: readonly Link[],
  vertices: ReadonlyMap<string, Vertex>,
): number {
  const neighbours = neighbourTable(vertices, segments);
  const gap = (a: Vertex, b: Vertex): number => (HEIGHTS[a.kind] + HEIGHTS[b.kind]) / 2 + ROW_GAP;
  for (const layer of layers) {
    for (let i = 1; i < layer.length; i++) layer[i]!.y = layer[i - 1]!.y + gap(layer[i - 1]!, layer[i]!);
    const middle = ((layer[0]?.y ?? 0) + (layer.at(-1)?.y ?? 0)) / 2;
    for (const vertex of layer) vertex.y -= middle;
  }
  for (let pass = 0; pass < 40; pass++) {
    for (const layer of pass % 2 === 0 ? layers : [...layers].reverse()) {
      const wish = layer.map((vertex) => {
        const { before, after } = neighbours.get(vertex.id)!;
        return mean([...before, ...after].map(({ y }) => y)) ?? vertex.y;
      });
      // Push apart from above and from below, and take the middle: neither side is favoured.
      const down = [...wish];
      for (let i = 1; i < layer.length; i++)
        down[i] = Math.max(down[i]!, down[i - 1]! + gap(layer[i - 1]!, layer[i]!));
      const up = [...wish];
      for (let i = layer.length - 2; i >= 0; i--)
        up[i] = Math.min(up[i]!, up[i + 1]! - gap(layer[i]!, layer[i + 1]!));
      for (const [i, vertex] of layer.entries()) vertex.y = (down[i]! + up[i]!) / 2;
    }
  }
  const all = [...vertices.values()];
  const top = Math.min(...all.map((vertex) => vertex.y - HEIGHTS[vertex.kind] / 2));
  for (const vertex of all) vertex.y += MARGIN - top;
  return Math.max(...all.map((vertex) => vertex.y + HEIGHTS[vertex.kind] / 2)) + MARGIN;
}

function widthOf(vertex: Vertex): number {
  if (vertex.kind === "bend") return 0;
  const letters = Math.max(vertex.title.length, vertex.subtitle.length * 0.8);
  return Math.round(
    letters * CHARACTER * (vertex.kind === "task" ? 1.08 : 0.92) + (vertex.kind === "task" ? 28 : 18),
  );
}

const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
