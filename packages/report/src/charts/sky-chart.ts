/** An outline on the sky: its corners in degrees, and how it is drawn. */
export interface SkyOutline {
  readonly corners: ReadonlyArray<readonly [raDeg: number, decDeg: number]>;
  readonly colour: string;
  readonly fillOpacity: number;
  readonly strokeOpacity: number;
  readonly label?: string;
}

/** A coloured dot on the sky. */
export interface SkyDot {
  readonly raDeg: number;
  readonly decDeg: number;
  readonly colour: string;
  readonly radius: number;
}

/** Draws outlines and dots on a gnomonic plane around their middle, north up and east to the left, with a scale bar. */
export function drawSky(
  outlines: readonly SkyOutline[],
  dots: readonly SkyDot[] = [],
  width = 560,
  height = 420,
): string {
  const all = [
    ...outlines.flatMap((outline) => outline.corners),
    ...dots.map((d) => [d.raDeg, d.decDeg] as const),
  ];
  if (all.length === 0)
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"></svg>`;
  const [ra0, dec0] = middleOf(all);
  const project = (raDeg: number, decDeg: number): [number, number] =>
    gnomonicArcmin(raDeg, decDeg, ra0, dec0);
  const plane = all.map(([ra, dec]) => project(ra, dec));
  const xs = plane.map((p) => p[0]);
  const ys = plane.map((p) => p[1]);
  const [minX, maxX, minY, maxY] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min((width - 60) / (maxX - minX || 1), (height - 60) / (maxY - minY || 1));
  const toScreen = (raDeg: number, decDeg: number): string => {
    const [x, y] = project(raDeg, decDeg);
    const sx = width / 2 - (x - (minX + maxX) / 2) * scale;
    const sy = height / 2 - (y - (minY + maxY) / 2) * scale;
    return `${sx.toFixed(1)},${sy.toFixed(1)}`;
  };
  const shapes = outlines.map((outline) => {
    const points = outline.corners.map(([ra, dec]) => toScreen(ra, dec)).join(" ");
    const title = outline.label === undefined ? "" : `<title>${outline.label}</title>`;
    return (
      `<polygon points="${points}" fill="${outline.colour}" fill-opacity="${outline.fillOpacity}" ` +
      `stroke="${outline.colour}" stroke-opacity="${outline.strokeOpacity}">${title}</polygon>`
    );
  });
  const marks = dots.map((dot) => {
    const [x, y] = toScreen(dot.raDeg, dot.decDeg).split(",");
    return `<circle cx="${x}" cy="${y}" r="${dot.radius}" fill="${dot.colour}"/>`;
  });
  const bar = scaleBarArcmin((width * 0.3) / scale);
  const length = bar * scale;
  const legend =
    `<path d="M24 ${height - 18}h${length.toFixed(1)}" stroke="#aeb9d0" stroke-width="2"/>` +
    `<text x="24" y="${height - 26}" fill="#aeb9d0" font-size="12">${bar >= 60 ? `${bar / 60}°` : `${bar}′`}</text>` +
    `<text x="${width - 24}" y="${height - 14}" fill="#aeb9d0" font-size="12" text-anchor="end">` +
    `centre ${ra0.toFixed(3)}°, ${dec0.toFixed(3)}° · N up, E left</text>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="Inter, system-ui, sans-serif">${shapes.join("")}${marks.join("")}${legend}</svg>`
  );
}

/** Mean direction of positions, degrees. */
function middleOf(positions: ReadonlyArray<readonly [number, number]>): [number, number] {
  let [x, y, z] = [0, 0, 0];
  for (const [ra, dec] of positions) {
    const [a, d] = [(ra * Math.PI) / 180, (dec * Math.PI) / 180];
    x += Math.cos(d) * Math.cos(a);
    y += Math.cos(d) * Math.sin(a);
    z += Math.sin(d);
  }
  const ra = (Math.atan2(y, x) * 180) / Math.PI;
  return [ra < 0 ? ra + 360 : ra, (Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI];
}

/** Gnomonic projection about (ra0, dec0): arcmin east and north. */
function gnomonicArcmin(raDeg: number, decDeg: number, ra0: number, dec0: number): [number, number] {
  const rad = Math.PI / 180;
  const da = (raDeg - ra0) * rad;
  const [s, c] = [Math.sin(decDeg * rad), Math.cos(decDeg * rad)];
  const [s0, c0] = [Math.sin(dec0 * rad), Math.cos(dec0 * rad)];
  const d = s * s0 + c * c0 * Math.cos(da);
  return [((c * Math.sin(da)) / d / rad) * 60, ((s * c0 - c * s0 * Math.cos(da)) / d / rad) * 60];
}

/** The largest round length (arcmin) not above `limit`. */
function scaleBarArcmin(limit: number): number {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600];
  return steps.findLast((step) => step <= limit) ?? 0.1;
}
