import type { Picture, Plane } from "./plane.ts";
import { quantilesOf } from "./quantiles.ts";

/**
 * A colour picture of three planes of the same size (red, green, blue), with the asinh stretch of the mean intensity that
 * keeps colours in bright stars (Lupton et al. 2004, PASP 116, 133). Each plane is scaled by its own sky noise, so that blank
 * sky is neutral; `softening` is where the stretch bends, in sky sigmas.
 */
export function drawColour(planes: readonly [Plane, Plane, Plane], softening = 3, topSigmas = 350): Picture {
  const { width, height } = planes[0];
  const scales = planes.map((plane) => {
    const [low, middle] = quantilesOf(plane.data, [0.16, 0.5]) as [number, number];
    return { sky: middle, sigma: Math.max(middle - low, 1e-12) };
  });
  const sigma = scales.reduce((sum, scale) => sum + scale.sigma, 0) / 3;
  // Equal weights in flux, save that a noisy band must not paint the sky: half-way between the two.
  const gains = scales.map((scale) => 1 / Math.sqrt(scale.sigma * sigma));
  const top = Math.asinh(topSigmas / softening);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = y * width + x;
      const to = ((height - 1 - y) * width + x) * 3;
      const values = planes.map((plane, k) => {
        const value = (plane.data[from]! - scales[k]!.sky) * gains[k]!;
        return value - value === 0 ? value + 1 : 0;
      }) as [number, number, number];
      const intensity = (values[0] + values[1] + values[2]) / 3;
      if (intensity <= 0) continue;
      const factor = Math.asinh(intensity / softening) / top / intensity;
      const colours = values.map((value) => Math.max(0, value * factor));
      const largest = Math.max(1, ...colours);
      for (let k = 0; k < 3; k++) data[to + k] = Math.round((255 * colours[k]!) / largest);
    }
  }
  return { width, height, channels: 3, data };
}
