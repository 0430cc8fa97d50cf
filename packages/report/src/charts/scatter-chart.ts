import { axis, bandColour, drawChart } from "./draw-chart.ts";

/** Points of one colour. */
export interface PointSeries {
  readonly name: string;
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
}

/** A scatter chart. */
export interface ScatterChart {
  readonly xName: string;
  readonly yName: string;
  readonly series: readonly PointSeries[];
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  readonly width?: number;
  readonly height?: number;
}

/** How many points a series may have before every n-th is drawn: an SVG with more is slow to open. */
const MAX_POINTS = 1200;

function thin<T>(points: readonly T[]): T[] {
  const step = Math.max(1, Math.ceil(points.length / MAX_POINTS));
  return points.filter((_, i) => i % step === 0);
}

/** Draws points of several series (coloured by band name where the series is a band) as SVG. */
export function drawScatter(chart: ScatterChart): string {
  const range = (bounds?: readonly [number, number]): Record<string, unknown> =>
    bounds === undefined ? {} : { min: bounds[0], max: bounds[1] };
  return drawChart(
    {
      xAxis: axis(chart.xName, range(chart.xRange)),
      yAxis: axis(chart.yName, { ...range(chart.yRange), nameGap: 42 }),
      series: chart.series.map(({ name, points }) => ({
        name,
        type: "scatter",
        data: thin(points).map(([x, y]) => [Number(x.toPrecision(6)), Number(y.toPrecision(6))]),
        symbolSize: 3.5,
        itemStyle: { color: bandColour(name), opacity: 0.65 },
        clip: true,
      })),
    },
    chart.width ?? 560,
    chart.height ?? 320,
  );
}
