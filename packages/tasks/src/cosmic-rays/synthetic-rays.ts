import { createRandom } from "@almagest/base";
import { MASK_PLANES, type MaskedImage } from "@almagest/images";

/** A sky with stars and galaxies hit by cosmic rays, and the electrons that the rays left in each pixel. */
export interface SyntheticRays {
  readonly image: MaskedImage;
  readonly truth: Float32Array;
  /** Positions of stars brighter than 30σ. */
  readonly stars: readonly { x: number; y: number; flux: number }[];
}

/** What the synthetic sky is made of. */
export interface SyntheticRaysOptions {
  readonly size: number;
  /** Gaussian width of a star, pixels, before it is integrated over pixels. */
  readonly sigma: number;
  readonly sky: number;
  readonly readNoise: number;
  readonly stars: number;
  readonly galaxies: number;
  readonly rays: number;
  readonly seed: string;
}

function addGaussian(
  plane: Float64Array,
  size: number,
  x0: number,
  y0: number,
  flux: number,
  sx: number,
  sy: number,
  angle: number,
): void {
  const reach = Math.ceil(5 * Math.max(sx, sy)) + 1;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const parts = 5;
  for (let y = Math.max(0, Math.floor(y0 - reach)); y <= Math.min(size - 1, y0 + reach); y++) {
    for (let x = Math.max(0, Math.floor(x0 - reach)); x <= Math.min(size - 1, x0 + reach); x++) {
      let sum = 0;
      for (let j = 0; j < parts; j++) {
        for (let i = 0; i < parts; i++) {
          const dx = x + (i - 2) / parts - x0;
          const dy = y + (j - 2) / parts - y0;
          const u = (c * dx + s * dy) / sx;
          const v = (c * dy - s * dx) / sy;
          sum += Math.exp(-(u * u + v * v) / 2);
        }
      }
      plane[y * size + x]! += (flux * sum) / (parts * parts * 2 * Math.PI * sx * sy);
    }
  }
}

/** Leaves charge along a straight or (electrons) wandering track; charge spreads by `diffusion` pixels on its way. */
function addRay(plane: Float64Array, size: number, random: ReturnType<typeof createRandom>): void {
  let x = random.uniform() * size;
  let y = random.uniform() * size;
  let angle = random.uniform() * 2 * Math.PI;
  const worm = random.uniform() < 0.4;
  const length = 1 + (random.uniform() < 0.3 ? 0 : -6 * Math.log(1 - random.uniform()));
  const perPixel = 400 * (1 + 4 * random.uniform() ** 2);
  const steps = Math.ceil(length * 6);
  for (let k = 0; k < steps; k++) {
    const depth = k / steps;
    const diffusion = 0.35 * Math.sqrt(depth);
    const px = Math.round(x + diffusion * random.normal());
    const py = Math.round(y + diffusion * random.normal());
    if (px >= 0 && py >= 0 && px < size && py < size) plane[py * size + px]! += perPixel / 6;
    if (worm) angle += 0.35 * random.normal();
    x += Math.cos(angle) / 6;
    y += Math.sin(angle) / 6;
  }
}

/** Builds the image with Poisson and read noise; variance as instrument signature removal would fill it. */
export function createSyntheticRays(options: SyntheticRaysOptions): SyntheticRays {
  const { size, sigma, sky, readNoise } = options;
  const random = createRandom(options.seed);
  const scene = new Float64Array(size * size).fill(sky);
  const truth = new Float64Array(size * size);
  const stars: { x: number; y: number; flux: number }[] = [];
  for (let i = 0; i < options.stars; i++) {
    const x = random.uniform() * size;
    const y = random.uniform() * size;
    const flux = 500 / (random.uniform() + 5e-4) ** 0.9;
    addGaussian(scene, size, x, y, flux, sigma, sigma, 0);
    stars.push({ x, y, flux });
  }
  for (let i = 0; i < options.galaxies; i++) {
    const a = Math.hypot(sigma, 0.5 + 2.5 * random.uniform());
    const b = Math.hypot(sigma, 0.5 + 0.5 * random.uniform());
    addGaussian(
      scene,
      size,
      random.uniform() * size,
      random.uniform() * size,
      2e4 * random.uniform(),
      a,
      b,
      3 * random.uniform(),
    );
  }
  for (let i = 0; i < options.rays; i++) addRay(truth, size, random);
  const bbox = { x0: 0, y0: 0, width: size, height: size };
  const data = new Float32Array(size * size);
  const variance = new Float32Array(size * size);
  for (let i = 0; i < data.length; i++) {
    const value = random.poisson(scene[i]! + truth[i]!) + readNoise * random.normal();
    data[i] = value;
    variance[i] = Math.max(value, 0) + readNoise * readNoise;
  }
  return {
    image: {
      bbox,
      image: { bbox, data },
      variance: { bbox, data: variance },
      mask: { bbox, data: new Uint32Array(size * size), planes: MASK_PLANES },
    },
    truth: Float32Array.from(truth),
    stars,
  };
}

/**
 * Pixel purity and completeness: flagged pixels that hold any ray's charge above 1σ, and pixels with charge above 5σ
 * that are flagged. Also how many stars lost a pixel of their core without a ray there.
 */
export function scoreRays(scene: SyntheticRays): {
  purity: number;
  completeness: number;
  eatenStars: number;
} {
  const { image, truth, stars } = scene;
  const { width } = image.bbox;
  const flagged = (i: number) => (image.mask.data[i]! & 8) !== 0;
  let found = 0;
  let right = 0;
  let present = 0;
  let caught = 0;
  for (let i = 0; i < truth.length; i++) {
    const noise = Math.sqrt(image.variance.data[i]! - Math.min(truth[i]!, image.variance.data[i]! - 1));
    const y = Math.floor(i / width);
    const inside = i % width > 0 && i % width < width - 1 && y > 0 && y < width - 1;
    if (flagged(i)) {
      found++;
      if (truth[i]! > noise) right++;
    }
    if (truth[i]! > 5 * noise && inside) {
      present++;
      if (flagged(i)) caught++;
    }
  }
  let eatenStars = 0;
  for (const { x, y } of stars) {
    let eaten = false;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const at = (Math.round(y) + dy) * width + Math.round(x) + dx;
        if (at >= 0 && at < truth.length && flagged(at) && truth[at]! < 5) eaten = true;
      }
    }
    if (eaten) eatenStars++;
  }
  return { purity: found === 0 ? 1 : right / found, completeness: caught / present, eatenStars };
}
