import type { SkyWcs } from "@almagest/sphere";

/** Linear part of a pixel-to-pixel mapping about a point: (dx, dy) goes to (xx·dx + xy·dy, yx·dx + yy·dy). */
export interface LocalAffine {
  /** Where the point itself lands. */
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
}

/** How pixels of `from` about (x, y) land on pixels of `to`, through the sky; central differences over two pixels. */
export function localAffine(from: SkyWcs, to: SkyWcs, x: number, y: number): LocalAffine {
  const map = (px: number, py: number): { x: number; y: number } => {
    const sky = from.pixelToSky(px, py);
    return to.skyToPixel(sky.raDeg, sky.decDeg);
  };
  const centre = map(x, y);
  const [left, right, down, up] = [map(x - 1, y), map(x + 1, y), map(x, y - 1), map(x, y + 1)];
  return {
    x: centre.x,
    y: centre.y,
    xx: (right.x - left.x) / 2,
    xy: (up.x - down.x) / 2,
    yx: (right.y - left.y) / 2,
    yy: (up.y - down.y) / 2,
  };
}
