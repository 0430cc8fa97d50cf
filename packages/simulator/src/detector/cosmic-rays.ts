import type { Random } from "@almagest/base";
import type { Canvas } from "../render/draw-gaussian.ts";

/** Tracks per pixel and second: some eight in a thousand by thousand pixels and half a minute. */
const RATE = 2.7e-7;
/** Diffusion leaves this share of a pixel's charge with each of its four neighbours. */
const LEAK = 0.04;

/** Adds the tracks of cosmic rays: straight lines of 1 to some 60 pixels, with the charge of a fast muon on each pixel. */
export function addCosmicRays(canvas: Canvas, seconds: number, random: Random): number {
  const { width, height, data } = canvas;
  const count = random.poisson(RATE * width * height * seconds);
  const deposit = (x: number, y: number, electrons: number): void => {
    if (x >= 0 && y >= 0 && x < width && y < height) data[y * width + x]! += Math.round(electrons);
  };
  for (let i = 0; i < count; i++) {
    let x = width * random.uniform();
    let y = height * random.uniform();
    const angle = 2 * Math.PI * random.uniform();
    const length = 1 + Math.min(80, -12 * Math.log(1 - random.uniform()));
    const charge = 900 * Math.exp(0.35 * random.normal());
    for (let step = 0; step < length; step++) {
      // Fluctuations with a tail to large losses.
      const electrons = charge * (0.7 - 0.3 * Math.log(1 - random.uniform()));
      const px = Math.floor(x);
      const py = Math.floor(y);
      deposit(px, py, electrons * (1 - 4 * LEAK));
      deposit(px - 1, py, electrons * LEAK);
      deposit(px + 1, py, electrons * LEAK);
      deposit(px, py - 1, electrons * LEAK);
      deposit(px, py + 1, electrons * LEAK);
      x += Math.cos(angle);
      y += Math.sin(angle);
    }
  }
  return count;
}
