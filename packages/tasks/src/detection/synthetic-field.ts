import { createRandom } from "@almagest/base";
import type { Box, MaskedImage, Psf, PsfStamp } from "@almagest/images";

/** What to draw. Fluxes are in the image's unit; everything follows from the seed. */
export interface SyntheticFieldOptions {
  readonly seed: string;
  readonly width: number;
  readonly height: number;
  readonly sources: number;
  /** Share of the sources that are galaxies. */
  readonly galaxyFraction: number;
  /** Sigma of the PSF's core, pixels. */
  readonly psfSigma: number;
  /** Ellipticity (a² − b²)/(a² + b²) of the PSF along x; 0 if not given. */
  readonly psfEllipticity?: number;
  /** Sky level and pixel noise. */
  readonly sky: number;
  readonly noise: number;
  /** Flux range and slope of the cumulative counts N(>f) ∝ f^−slope. */
  readonly fluxMin: number;
  readonly fluxMax: number;
  readonly slope: number;
  /** Flux per electron for the sources' own shot noise; 0 for none. */
  readonly gain?: number;
  /** No source nearer to another than this, pixels; 0 for random places. */
  readonly separation?: number;
}

/** A drawn field with its truth. */
export interface SyntheticField {
  readonly image: MaskedImage;
  readonly psf: Psf;
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly flux: Float64Array;
  readonly isGalaxy: Uint8Array;
  /** Half-light radius of galaxies, pixels. */
  readonly radius: Float64Array;
}

/** The PSF: shares and widths (of psfSigma) of its Gaussians, a core with wings. */
const PSF_PARTS: ReadonlyArray<readonly [weight: number, scale: number]> = [
  [0.8, 1],
  [0.2, 1.9],
];
/** Exponential disc as Gaussians: weights and variances in half-light radii squared (Hogg & Lang 2013, PASP 125, 719). */
const DISC_PARTS: ReadonlyArray<readonly [weight: number, variance: number]> = [
  [0.00019944, 0.00120079],
  [0.00261553, 0.00884526],
  [0.01896834, 0.03914631],
  [0.1001632, 0.13997682],
  [0.36845116, 0.4609625],
  [0.50937, 1.50159566],
];
const BITS: ReadonlyMap<string, number> = new Map(
  "BAD SAT INTRP CR EDGE DETECTED DETECTED_NEGATIVE SUSPECT NO_DATA CROSSTALK NOT_DEBLENDED UNMASKEDNAN"
    .split(" ")
    .map((name, bit) => [name, bit]),
);

/** An empty masked image of constant variance with the standard mask planes. */
export function createBlankField(box: Box, level: number, variance: number): MaskedImage {
  const size = box.width * box.height;
  return {
    bbox: box,
    image: { bbox: box, data: new Float32Array(size).fill(level) },
    mask: { bbox: box, data: new Uint32Array(size), planes: BITS },
    variance: { bbox: box, data: new Float32Array(size).fill(variance) },
  };
}

function drawGaussian(
  field: MaskedImage,
  x: number,
  y: number,
  flux: number,
  vxx: number,
  vxy: number,
  vyy: number,
): void {
  const { width, height } = field.bbox;
  const det = vxx * vyy - vxy * vxy;
  const amplitude = flux / (2 * Math.PI * Math.sqrt(det));
  const reachX = Math.ceil(5.5 * Math.sqrt(vxx));
  const reachY = Math.ceil(5.5 * Math.sqrt(vyy));
  for (
    let py = Math.max(0, Math.round(y) - reachY);
    py <= Math.min(height - 1, Math.round(y) + reachY);
    py++
  ) {
    for (
      let px = Math.max(0, Math.round(x) - reachX);
      px <= Math.min(width - 1, Math.round(x) + reachX);
      px++
    ) {
      const dx = px - x;
      const dy = py - y;
      const q = (vyy * dx * dx - 2 * vxy * dx * dy + vxx * dy * dy) / det;
      field.image.data[py * width + px]! += amplitude * Math.exp(-0.5 * q);
    }
  }
}

/** The synthetic field's PSF as a {@link Psf}. */
export function createSyntheticPsf(sigma: number, ellipticity = 0): Psf {
  const size = 2 * Math.ceil(8 * sigma) + 1;
  const half = size >> 1;
  const stamp = (dx: number, dy: number): PsfStamp => {
    const box = { x0: 0, y0: 0, width: size, height: size };
    const field = createBlankField(box, 0, 1);
    for (const [weight, scale] of PSF_PARTS) {
      const v = (sigma * scale) ** 2;
      drawGaussian(field, half + dx, half + dy, weight, v * (1 + ellipticity), 0, v * (1 - ellipticity));
    }
    const { data } = field.image;
    const sum = data.reduce((s, v) => s + v, 0);
    return { size, data: data.map((v) => v / sum) };
  };
  const centred = stamp(0, 0);
  return {
    kind: "gaussian",
    kernelAt: () => centred,
    imageAt: (x, y) => stamp(x - Math.round(x), y - Math.round(y)),
    sigmaAt: () => sigma * 1.12,
  };
}

/** Draws stars and exponential-disc galaxies on a flat sky with Gaussian noise. */
export function drawSyntheticField(options: SyntheticFieldOptions): SyntheticField {
  const { width, height, sources, psfSigma, noise, separation = 0, gain = 0 } = options;
  const e = options.psfEllipticity ?? 0;
  const random = createRandom(options.seed);
  const image = createBlankField({ x0: 0, y0: 0, width, height }, 0, noise * noise);
  const x = new Float64Array(sources);
  const y = new Float64Array(sources);
  const flux = new Float64Array(sources);
  const radius = new Float64Array(sources);
  const isGalaxy = new Uint8Array(sources);
  let count = 0;
  for (let tries = 0; count < sources && tries < 50 * sources; tries++) {
    const px = random.uniform() * (width - 1);
    const py = random.uniform() * (height - 1);
    let near = false;
    for (let k = 0; separation > 0 && k < count && !near; k++) {
      near = Math.hypot(px - x[k]!, py - y[k]!) < separation;
    }
    if (near) continue;
    x[count] = px;
    y[count] = py;
    const top = (options.fluxMax / options.fluxMin) ** -options.slope;
    flux[count] = options.fluxMin * (1 - random.uniform() * (1 - top)) ** (-1 / options.slope);
    isGalaxy[count] = random.uniform() < options.galaxyFraction ? 1 : 0;
    radius[count] = psfSigma * (0.6 + 1.6 * random.uniform());
    const ratio = 0.35 + 0.65 * random.uniform();
    const angle = Math.PI * random.uniform();
    const parts: ReadonlyArray<readonly [number, number]> = isGalaxy[count] ? DISC_PARTS : [[1, 0]];
    const c = Math.cos(angle);
    const s = Math.sin(angle);
    for (const [discWeight, discVariance] of parts) {
      const va = discVariance * radius[count]! ** 2;
      const vb = va * ratio * ratio;
      for (const [weight, scale] of PSF_PARTS) {
        const v = (psfSigma * scale) ** 2;
        drawGaussian(
          image,
          px,
          py,
          flux[count]! * weight * discWeight,
          v * (1 + e) + va * c * c + vb * s * s,
          (va - vb) * c * s,
          v * (1 - e) + va * s * s + vb * c * c,
        );
      }
    }
    count++;
  }
  const { data } = image.image;
  for (let p = 0; p < data.length; p++) {
    const variance = noise * noise + (gain > 0 ? data[p]! / gain : 0);
    image.variance.data[p] = variance;
    data[p]! += options.sky + Math.sqrt(variance) * random.normal();
  }
  return {
    image,
    psf: createSyntheticPsf(psfSigma, e),
    count,
    x: x.subarray(0, count),
    y: y.subarray(0, count),
    flux: flux.subarray(0, count),
    isGalaxy,
    radius,
  };
}
