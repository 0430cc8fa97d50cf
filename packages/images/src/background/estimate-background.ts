import { alignPartialBoxes, boxStatistics, medianOf } from "@almagest/kernels";
import type { MaskedImage } from "../exposure.ts";
import { maskBits } from "../planes/mask-planes.ts";
import type { BackgroundLayer, MeshBackground } from "./background-model.ts";
import { fitChebyshev } from "./fit-chebyshev.ts";

/** How a background is estimated. */
export interface BackgroundOptions {
  /** Side of the boxes, pixels; 128 if not given. */
  readonly boxSize?: number;
  /** Pixels with any of these planes are left out; BAD, SAT, EDGE, DETECTED, DETECTED_NEGATIVE, NO_DATA if not given. */
  readonly ignoredPlanes?: readonly string[];
  readonly clipSigma?: number;
  /** Which value of a box to take; the clipped `mean` if not given. */
  readonly statistic?: "mean" | "median";
  /** `spline` if not given. */
  readonly kind?: BackgroundLayer["kind"];
  /** Order of the Chebyshev series; 6 if not given. */
  readonly order?: number;
  /** Median-filter the mesh over so many boxes each way (1 is 3 × 3); 0 if not given. Not for Chebyshev. */
  readonly filterRadius?: number;
  /** Boxes with less than this share of usable pixels are filled from their neighbours; 0.1 if not given. */
  readonly minShare?: number;
}

/** A background layer with the noise found on the way. */
export interface BackgroundEstimate {
  readonly layer: BackgroundLayer;
  /** Median over boxes of the clipped standard deviation of pixels. */
  readonly noise: number;
  /** Median over boxes of the level. */
  readonly level: number;
}

/** Fills NaN nodes with the mean of their nearest finite neighbours, ring by ring; zeros if there is none at all. */
export function fillMesh(values: Float32Array, nx: number, ny: number): Float32Array {
  const filled = values.slice();
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      if (Number.isFinite(values[j * nx + i]!)) continue;
      filled[j * nx + i] = 0;
      for (let ring = 1, found = false; !found && ring < Math.max(nx, ny); ring++) {
        let [sum, count] = [0, 0];
        for (let b = Math.max(0, j - ring); b <= Math.min(ny - 1, j + ring); b++) {
          for (let a = Math.max(0, i - ring); a <= Math.min(nx - 1, i + ring); a++) {
            const value = values[b * nx + a]!;
            if (!Number.isFinite(value)) continue;
            sum += value;
            count++;
          }
        }
        found = count > 0;
        if (found) filled[j * nx + i] = sum / count;
      }
    }
  }
  return filled;
}

/** Median of each node and its neighbours within `radius`. */
function filterMesh(values: Float32Array, nx: number, ny: number, radius: number): Float32Array {
  return values.map((_, at) => {
    const near: number[] = [];
    const i = at % nx;
    const j = Math.floor(at / nx);
    for (let b = Math.max(0, j - radius); b <= Math.min(ny - 1, j + radius); b++) {
      for (let a = Math.max(0, i - radius); a <= Math.min(nx - 1, i + radius); a++)
        near.push(values[b * nx + a]!);
    }
    return medianOf(near);
  });
}

/** Estimates the background of an image from clipped box statistics; nothing is subtracted. */
export function estimateBackground(source: MaskedImage, options: BackgroundOptions = {}): BackgroundEstimate {
  const { boxSize = 128, kind = "spline", minShare = 0.1, filterRadius = 0 } = options;
  const ignored = options.ignoredPlanes ?? ["BAD", "SAT", "EDGE", "DETECTED", "DETECTED_NEGATIVE", "NO_DATA"];
  const bits = maskBits(
    ignored.filter((name) => source.mask.planes.has(name)),
    source.mask.planes,
  );
  const { width, height } = source.bbox;
  const boxes = boxStatistics(source.image.data, source.mask.data, bits, width, height, boxSize, {
    clipSigma: options.clipSigma ?? 3,
  });
  const { nx, ny } = boxes;
  const found = boxes[options.statistic ?? "mean"].map((value, at) => {
    const columns = Math.min(boxSize, width - (at % nx) * boxSize);
    const rows = Math.min(boxSize, height - Math.floor(at / nx) * boxSize);
    return boxes.count[at]! >= minShare * columns * rows ? value : Number.NaN;
  });
  const noise = medianOf(boxes.sigma);
  const level = medianOf(found);
  if (kind === "chebyshev") {
    const layer = fitMesh(source, boxes, found, boxSize, options.order ?? 6);
    return { layer, noise, level };
  }
  const filled = fillMesh(found, nx, ny);
  const values = filterRadius > 0 ? filterMesh(filled, nx, ny, filterRadius) : filled;
  alignPartialBoxes(values, nx, ny, boxSize, width, height);
  const layer: MeshBackground = { kind, bbox: source.bbox, boxSize, nx, ny, values };
  return { layer, noise, level };
}

function fitMesh(
  source: MaskedImage,
  boxes: { nx: number; sigma: Float32Array; count: Int32Array },
  value: Float32Array,
  boxSize: number,
  order: number,
): BackgroundLayer {
  const { x0, y0, width, height } = source.bbox;
  const centre = (start: number, index: number, size: number): number =>
    start + (index * boxSize + Math.min(size, (index + 1) * boxSize) - 1) / 2;
  const samples = {
    x: Float64Array.from(value, (_, at) => centre(x0, at % boxes.nx, width)),
    y: Float64Array.from(value, (_, at) => centre(y0, Math.floor(at / boxes.nx), height)),
    value,
    weight: Float64Array.from(value, (_, at) => boxes.count[at]! / Math.max(boxes.sigma[at]! ** 2, 1e-30)),
  };
  return { kind: "chebyshev", bbox: source.bbox, coefficients: fitChebyshev(source.bbox, order, samples) };
}
