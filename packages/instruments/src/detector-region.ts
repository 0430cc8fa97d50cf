import type { Box } from "@almagest/images";
import { createUnitVector, type SkyWcs, type UnitVector } from "@almagest/sphere";

/** The corners of a detector on the sky, its pixel box grown by a margin, counter-clockwise seen from outside the sphere. */
export function detectorCorners(wcs: SkyWcs, bbox: Box, marginPixels: number): UnitVector[] {
  const x0 = bbox.x0 - 0.5 - marginPixels;
  const y0 = bbox.y0 - 0.5 - marginPixels;
  const x1 = bbox.x0 + bbox.width - 0.5 + marginPixels;
  const y1 = bbox.y0 + bbox.height - 0.5 + marginPixels;
  const corners = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ].map(([x, y]) => {
    const { raDeg, decDeg } = wcs.pixelToSky(x!, y!);
    return createUnitVector(raDeg, decDeg);
  });
  return convexHull(corners);
}

/** The convex hull of points within a hemisphere, counter-clockwise seen from outside (monotone chain on the tangent plane). */
export function convexHull(points: readonly UnitVector[]): UnitVector[] {
  const sum = points.reduce((s, p) => ({ x: s.x + p.x, y: s.y + p.y, z: s.z + p.z }), { x: 0, y: 0, z: 0 });
  const length = Math.hypot(sum.x, sum.y, sum.z);
  const centre = { x: sum.x / length, y: sum.y / length, z: sum.z / length };
  const plane = Math.hypot(centre.x, centre.y);
  const east = plane === 0 ? { x: 0, y: 1, z: 0 } : { x: -centre.y / plane, y: centre.x / plane, z: 0 };
  const north = {
    x: centre.y * east.z - centre.z * east.y,
    y: centre.z * east.x - centre.x * east.z,
    z: centre.x * east.y - centre.y * east.x,
  };
  const dot = (a: UnitVector, b: UnitVector): number => a.x * b.x + a.y * b.y + a.z * b.z;
  const flat = points
    .map((point) => ({
      point,
      u: dot(point, east) / dot(point, centre),
      v: dot(point, north) / dot(point, centre),
    }))
    .sort((a, b) => a.u - b.u || a.v - b.v);
  const half = (ordered: typeof flat): typeof flat => {
    const chain: typeof flat = [];
    for (const next of ordered) {
      while (chain.length > 1) {
        const a = chain.at(-2)!;
        const b = chain.at(-1)!;
        if ((b.u - a.u) * (next.v - a.v) - (b.v - a.v) * (next.u - a.u) > 0) break;
        chain.pop();
      }
      chain.push(next);
    }
    return chain.slice(0, -1);
  };
  return [...half(flat), ...half([...flat].reverse())].map(({ point }) => point);
}

/** A convex polygon as sphgeom writes it: `p` and the vertices' coordinates as little-endian doubles. */
export function encodePolygon(vertices: readonly UnitVector[]): Uint8Array {
  const bytes = new Uint8Array(1 + vertices.length * 24);
  bytes[0] = 0x70;
  const view = new DataView(bytes.buffer);
  vertices.forEach(({ x, y, z }, i) => {
    view.setFloat64(1 + i * 24, x, true);
    view.setFloat64(9 + i * 24, y, true);
    view.setFloat64(17 + i * 24, z, true);
  });
  return bytes;
}
