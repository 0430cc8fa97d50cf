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

/** Which way a drawing reads. */
export type LayoutDirection = "right" | "down";

/** A pipeline laid out. */
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
  /** Middle along the layer, pixels. */
  place: number;
}

/** Room between layers, and between neighbours of one layer. */
const LAYER_GAP = { right: 46, down: 30 } as const;
const NEIGHBOUR_GAP = { right: 14, down: 22 } as const;
const MARGIN = 24;
const CHARACTER = 6.9;
const HEIGHTS = { task: 44, dataset: 22, input: 22, prerequisite: 22, bend: 8 } as const;

/**
 * Lays a pipeline out in layers (Sugiyama, Tagawa & Toda 1981): tasks and dataset types alternate along the reading
 * direction, long lines pass between the boxes, and crossings are reduced by sorting each layer by the middle of its
 * neighbours.
 */
export function layoutPipeline(graph: PipelineGraph, direction: LayoutDirection): PipelineLayout {
  const vertices = new Map<string, Vertex>();
  const links: { from: string; to: string; prerequisite: boolean }[] = [];
  collect(graph, vertices, links);
  assignLayers(vertices, links);
  const { chains, segments } = addBends(vertices, links);
  const layers = orderLayers(vertices, segments);
  const depths = layers.map((layer) => Math.max(...layer.map((vertex) => depthOf(vertex, direction))));
  const starts: number[] = [];
  for (const [i, depth] of depths.entries()) {
    starts.push(i === 0 ? MARGIN : starts[i - 1]! + depths[i - 1]! + LAYER_GAP[direction]);
    depths[i] = depth;
  }
  const across = placeAlong(layers, segments, vertices, direction);
  const along = starts.at(-1)! + depths.at(-1)! + MARGIN;
  const toPage = (vertex: Vertex, shift = 0): [x: number, y: number] => {
    const middle = starts[vertex.layer]! + depths[vertex.layer]! / 2 + shift;
    return direction === "right" ? [middle, vertex.place] : [vertex.place, middle];
  };
  const nodes = [...vertices.values()].flatMap((vertex): PlacedNode[] => {
    if (vertex.kind === "bend") return [];
    const { id, kind, title, subtitle } = vertex;
    const [x, y] = toPage(vertex);
    return [{ id, kind, title, subtitle, x, y, width: widthOf(vertex), height: HEIGHTS[kind] }];
  });
  const edges = links.map(({ from, to, prerequisite }, i) => {
    const points = chains[i]!.map((id, position, all) => {
      const vertex = vertices.get(id)!;
      const half = depthOf(vertex, direction) / 2;
      return toPage(vertex, position === 0 ? half : position === all.length - 1 ? -half : 0);
    });
    return { from, to, prerequisite, points };
  });
  const [width, height] = direction === "right" ? [along, across] : [across, along];
  return { width, height, nodes, edges };
}

function collect(
  graph: PipelineGraph,
  vertices: Map<string, Vertex>,
  links: { from: string; to: string; prerequisite: boolean }[],
): void {
  const add = (id: string, kind: Vertex["kind"], title: string, subtitle: string): void => {
    vertices.set(id, { id, kind, title, subtitle, layer: 0, order: 0, place: 0 });
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
      vertices.set(id, { id, kind: "bend", title: "", subtitle: "", layer, order: 0, place: 0 });
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

/** Gives each vertex a place along its layer near the middle of its neighbours, keeping order and distance. Gives the
 * extent of the widest layer with margins. */
function placeAlong(
  layers: readonly Vertex[][],
  segments: readonly Link[],
  vertices: ReadonlyMap<string, Vertex>,
  direction: LayoutDirection,
): number {
  const neighbours = neighbourTable(vertices, segments);
  const gap = (a: Vertex, b: Vertex): number =>
    (extentOf(a, direction) + extentOf(b, direction)) / 2 + NEIGHBOUR_GAP[direction];
  for (const layer of layers) {
    for (let i = 1; i < layer.length; i++)
      layer[i]!.place = layer[i - 1]!.place + gap(layer[i - 1]!, layer[i]!);
    const middle = ((layer[0]?.place ?? 0) + (layer.at(-1)?.place ?? 0)) / 2;
    for (const vertex of layer) vertex.place -= middle;
  }
  const settle = (layer: readonly Vertex[], wish: readonly number[]): void => {
    // Push apart from either end, and take the middle: neither side is favoured.
    const down = [...wish];
    for (let i = 1; i < layer.length; i++)
      down[i] = Math.max(down[i]!, down[i - 1]! + gap(layer[i - 1]!, layer[i]!));
    const up = [...wish];
    for (let i = layer.length - 2; i >= 0; i--)
      up[i] = Math.min(up[i]!, up[i + 1]! - gap(layer[i]!, layer[i + 1]!));
    for (const [i, vertex] of layer.entries()) vertex.place = (down[i]! + up[i]!) / 2;
  };
  const places = (list: readonly Vertex[]): number | undefined => mean(list.map(({ place }) => place));
  for (let pass = 0; pass < 40; pass++) {
    for (const layer of pass % 2 === 0 ? layers : [...layers].reverse()) {
      settle(
        layer,
        layer.map((vertex) => {
          const { before, after } = neighbours.get(vertex.id)!;
          return places([...before, ...after]) ?? vertex.place;
        }),
      );
    }
  }
  // At last each below what it comes from, so that chains run straight; a source stands beside what else its readers read.
  for (const layer of layers) {
    for (const vertex of layer) vertex.place = places(neighbours.get(vertex.id)!.before) ?? vertex.place;
    const beside = (vertex: Vertex): number | undefined =>
      places(
        neighbours
          .get(vertex.id)!
          .after.flatMap(({ id }) => neighbours.get(id)!.before)
          .filter((other) => neighbours.get(other.id)!.before.length > 0),
      );
    settle(
      layer,
      layer.map((vertex) => {
        const isSource = neighbours.get(vertex.id)!.before.length === 0;
        return (isSource ? beside(vertex) : undefined) ?? vertex.place;
      }),
    );
  }
  const all = [...vertices.values()];
  const first = Math.min(...all.map((vertex) => vertex.place - extentOf(vertex, direction) / 2));
  for (const vertex of all) vertex.place += MARGIN - first;
  return Math.max(...all.map((vertex) => vertex.place + extentOf(vertex, direction) / 2)) + MARGIN;
}

/** Size across the layer. */
const depthOf = (vertex: Vertex, direction: LayoutDirection): number =>
  direction === "right" ? widthOf(vertex) : vertex.kind === "bend" ? 0 : HEIGHTS[vertex.kind];

/** Size along the layer. */
const extentOf = (vertex: Vertex, direction: LayoutDirection): number =>
  direction === "right" ? HEIGHTS[vertex.kind] : Math.max(HEIGHTS.bend, widthOf(vertex));

function widthOf(vertex: Vertex): number {
  if (vertex.kind === "bend") return 0;
  const letters = Math.max(vertex.title.length, vertex.subtitle.length * 0.8);
  return Math.round(
    letters * CHARACTER * (vertex.kind === "task" ? 1.08 : 0.92) + (vertex.kind === "task" ? 28 : 18),
  );
}

const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
