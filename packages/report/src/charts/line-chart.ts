import { axis, bandColour, drawChart, INK } from "./draw-chart.ts";
import type { PointSeries } from "./scatter-chart.ts";

/** A line chart, with optional dashed levels such as 50 % and 95 %. */
export interface LineChart {
  readonly xName: string;
  readonly yName: string;
  readonly series: readonly PointSeries[];
  readonly levels?: readonly number[];
  readonly yRange?: readonly [number, number];
  readonly width?: number;
  readonly height?: number;
}

/** Draws lines of several series (coloured by band name where the series is a band) as SVG. */
export function drawLines(chart: LineChart): string {
  const range = chart.yRange === undefined ? {} : { min: chart.yRange[0], max: chart.yRange[1] };
  const levels = {
    silent: true,
    symbol: "none",
    lineStyle: { color: INK.text, type: "dashed", opacity: 0.5 },
    label: { color: INK.text, fontSize: 10 },
    data: (chart.levels ?? []).map((level) => ({ yAxis: level })),
  };
  return drawChart(
    {
      xAxis: axis(chart.xName, { type: "value" }),
      yAxis: axis(chart.yName, { ...range, nameGap: 42 }),
      series: chart.series.map(({ name, points }, k) => ({
        name,
        type: "line",
        showSymbol: false,
        data: points.map(([x, y]) => [Number(x.toPrecision(6)), Number(y.toPrecision(6))]),
        lineStyle: { color: bandColour(name), width: 2 },
        itemStyle: { color: bandColour(name) },
        ...(k === 0 && chart.levels !== undefined ? { markLine: levels } : {}),
      })),
    },
    chart.width ?? 560,
    chart.height ?? 320,
  );
}
