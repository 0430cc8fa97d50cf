/** An image to draw into: row-major, origin at the centre of its first pixel. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Electrons of a component that may fall beyond where it is drawn. */
const LOST_ELECTRONS = 0.03;
const MIN_SIGMAS = 2.6;
const MAX_SIGMAS = 5;

/**
 * Adds an elliptical Gaussian of `flux` electrons, centred at (x, y), with covariance (xx, xy, yy) in pixels², sampled at pixel
 * centres. It is drawn out to 2.6–5 σ, so that less than 0.03 electrons, or 4e-6 of it, are left out. Within a row the values
 * follow from their predecessors by two multiplications.
 */
export function drawGaussian(
  canvas: Canvas,
  x: number,
  y: number,
  flux: number,
  xx: number,
  xy: number,
  yy: number,
): void {
  const { width, height, data } = canvas;
  const sigmas = Math.min(
    MAX_SIGMAS,
    Math.sqrt(Math.max(MIN_SIGMAS ** 2, 2 * Math.log(flux / LOST_ELECTRONS))),
  );
  const reach = sigmas * sigmas;
  const slope = xy / yy;
  const narrow = xx - slope * xy;
  const amplitude = flux / (2 * Math.PI * Math.sqrt(narrow * yy));
  const step = Math.exp(-1 / narrow);
  const halfHeight = sigmas * Math.sqrt(yy);
  const firstRow = Math.max(0, Math.ceil(y - halfHeight));
  const lastRow = Math.min(height - 1, Math.floor(y + halfHeight));
  for (let row = firstRow; row <= lastRow; row++) {
    const dy = row - y;
    const down = (dy * dy) / yy;
    const middle = x + slope * dy;
    const halfWidth = Math.sqrt(Math.max(0, (reach - down) * narrow));
    const first = Math.max(0, Math.ceil(middle - halfWidth));
    const last = Math.min(width - 1, Math.floor(middle + halfWidth));
    if (first > last) continue;
    const t = first - middle;
    let value = amplitude * Math.exp(-0.5 * (down + (t * t) / narrow));
    let ratio = Math.exp(-(t + 0.5) / narrow);
    const end = row * width + last;
    for (let i = row * width + first; i <= end; i++) {
      data[i]! += value;
      value *= ratio;
      ratio *= step;
    }
  }
}
