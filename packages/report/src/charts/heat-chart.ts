import { INK } from "./draw-chart.ts";

/** A square cell of a map: centre, side (both in the map's unit) and value. */
export interface HeatCell {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly value: number;
}

/** Anchors of a perceptually even scale from dark blue over teal to pale yellow. */
const SCALE: ReadonlyArray<readonly [number, number, number]> = [
  [38, 46, 110],
  [33, 106, 140],
  [34, 158, 137],
  [122, 204, 96],
  [250, 229, 100],
];

/** Colour of a fraction 0 … 1 on the scale, as CSS. */
export function heatColour(fraction: number): string {
  const t = Math.max(0, Math.min(1, fraction)) * (SCALE.length - 1);
  const k = Math.min(SCALE.length - 2, Math.floor(t));
  const mix = SCALE[k]!.map((from, c) => Math.round(from + (SCALE[k + 1]![c]! - from) * (t - k)));
  return `rgb(${mix.join(",")})`;
}

/** Draws a map of cells (y upwards) with a colour bar; `format` writes the ends of the bar. */
export function drawHeat(
  cells: readonly HeatCell[],
  format: (value: number) => string,
  width = 560,
  height = 420,
): string {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Inter, system-ui, sans-serif">`;
  if (cells.length === 0) return `${open}</svg>`;
  const values = cells.map((cell) => cell.value).sort((a, b) => a - b);
  const low = values[Math.floor(values.length * 0.02)]!;
  const high = values[Math.min(values.length - 1, Math.floor(values.length * 0.98))]!;
  const minX = Math.min(...cells.map((c) => c.x - c.size / 2));
  const maxX = Math.max(...cells.map((c) => c.x + c.size / 2));
  const minY = Math.min(...cells.map((c) => c.y - c.size / 2));
  const maxY = Math.max(...cells.map((c) => c.y + c.size / 2));
  const scale = Math.min((width - 40) / (maxX - minX), (height - 70) / (maxY - minY));
  const left = (width - (maxX - minX) * scale) / 2;
  const rects = cells.map((cell) => {
    const x = left + (cell.x - cell.size / 2 - minX) * scale;
    const y = 10 + (maxY - cell.y - cell.size / 2) * scale;
    const side = cell.size * scale + 0.3;
    const colour = heatColour((cell.value - low) / (high - low || 1));
    return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${side.toFixed(1)}" height="${side.toFixed(1)}" fill="${colour}"/>`;
  });
  const steps = 40;
  const bar = Array.from({ length: steps }, (_, k) => {
    const x = width / 2 - 120 + k * 6;
    return `<rect x="${x}" y="${height - 40}" width="6.3" height="10" fill="${heatColour(k / (steps - 1))}"/>`;
  });
  const text = (x: number, anchor: string, value: number): string =>
    `<text x="${x}" y="${height - 14}" fill="${INK.text}" font-size="12" text-anchor="${anchor}">${format(value)}</text>`;
  const ends = text(width / 2 - 120, "start", low) + text(width / 2 + 120, "end", high);
  return `${open}${rects.join("")}${bar.join("")}${ends}</svg>`;
}
