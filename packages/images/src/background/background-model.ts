import { addMesh, evaluateMesh, subtractMesh } from "@almagest/kernels";
import type { Box } from "../box.ts";
import { chebyshevTerms, scaleToBox } from "../calibration/chebyshev.ts";
import type { Image } from "../exposure.ts";

/** A coarse plane of box values, read between its nodes by a bicubic spline or bilinearly. */
export interface MeshBackground {
  readonly kind: "spline" | "bilinear";
  /** The box the mesh starts at: node (i, j) is the centre of the (i, j)-th box of `boxSize` pixels. */
  readonly bbox: Box;
  readonly boxSize: number;
  readonly nx: number;
  readonly ny: number;
  readonly values: Float32Array;
}

/** A Chebyshev series over a box: coefficients `[j][i]` of T_i(x′)·T_j(y′). */
export interface ChebyshevBackground {
  readonly kind: "chebyshev";
  readonly bbox: Box;
  readonly coefficients: readonly (readonly number[])[];
}

/** One background that was subtracted. */
export type BackgroundLayer = MeshBackground | ChebyshevBackground;

/** Everything that was subtracted from an image, in order; adding it back restores the image to f32 rounding. */
export interface BackgroundModel {
  readonly layers: readonly BackgroundLayer[];
}

/** A model with one more layer. */
export function appendBackground(
  model: BackgroundModel | undefined,
  layer: BackgroundLayer,
): BackgroundModel {
  return { layers: [...(model?.layers ?? []), layer] };
}

/** The level of all layers at each pixel of a box (which may reach beyond the layers' own). */
export function evaluateBackground(model: BackgroundModel, bbox: Box): Image {
  const total: Image = { bbox, data: new Float32Array(bbox.width * bbox.height) };
  model.layers.forEach((layer, index) => {
    if (index === 0 && layer.kind !== "chebyshev") {
      evaluateMesh(layer, bbox.width, bbox.height, total.data, meshOptions(layer, bbox));
    } else applyLayer(total, layer, 1);
  });
  return total;
}

/** Subtracts all layers from an image, in place. */
export function subtractBackground(image: Image, model: BackgroundModel): void {
  for (const layer of model.layers) applyLayer(image, layer, -1);
}

/** Adds all layers back to an image, in place. */
export function addBackground(image: Image, model: BackgroundModel): void {
  for (const layer of model.layers) applyLayer(image, layer, 1);
}

function meshOptions(
  layer: MeshBackground,
  bbox: Box,
): { interpolation: "spline" | "bilinear"; x0: number; y0: number } {
  return { interpolation: layer.kind, x0: bbox.x0 - layer.bbox.x0, y0: bbox.y0 - layer.bbox.y0 };
}

function applyLayer(image: Image, layer: BackgroundLayer, sign: 1 | -1): void {
  const { width, height } = image.bbox;
  if (layer.kind === "chebyshev") applyChebyshev(image, layer, sign);
  else if (sign === 1) addMesh(image.data, width, height, layer, meshOptions(layer, image.bbox));
  else subtractMesh(image.data, width, height, layer, meshOptions(layer, image.bbox));
}

/** Row by row: the series in y collapses to one in x, whose terms are kept per column. */
function applyChebyshev(image: Image, layer: ChebyshevBackground, sign: 1 | -1): void {
  const { x0, y0, width, height } = image.bbox;
  const columns = layer.coefficients.reduce((most, row) => Math.max(most, row.length), 1);
  const terms = Array.from({ length: width }, (_, x) =>
    chebyshevTerms(columns - 1, scaleToBox(layer.bbox.x0, layer.bbox.width, x0 + x)),
  );
  const row = new Float64Array(columns);
  for (let y = 0; y < height; y++) {
    const ty = chebyshevTerms(
      layer.coefficients.length - 1,
      scaleToBox(layer.bbox.y0, layer.bbox.height, y0 + y),
    );
    row.fill(0);
    layer.coefficients.forEach((line, j) => {
      line.forEach((value, i) => {
        row[i]! += value * ty[j]!;
      });
    });
    for (let x = 0; x < width; x++) {
      const tx = terms[x]!;
      let sum = 0;
      for (let i = 0; i < columns; i++) sum += row[i]! * tx[i]!;
      image.data[y * width + x]! += sign * sum;
    }
  }
}
