import { axis, drawChart, INK } from "./draw-chart.ts";

/** One bar: its name, its length, and what is written after it. */
export interface BarRow {
  readonly name: string;
  readonly value: number;
  readonly note: string;
}

/** Draws horizontal bars, the first row on top, with each bar's value written after it. */
export function drawBars(rows: readonly BarRow[], unit: string, width = 560): string {
  const height = 60 + rows.length * 24;
  return drawChart(
    {
      grid: { left: 190, right: 110, top: 10, bottom: 44 },
      xAxis: axis(unit, { type: "value", min: 0 }),
      yAxis: {
        type: "category",
        inverse: true,
        data: rows.map((row) => row.name),
        axisLabel: { color: INK.text, fontSize: 11 },
        axisLine: { lineStyle: { color: INK.faint } },
        axisTick: { show: false },
      },
      series: [
        {
          type: "bar",
          barWidth: 13,
          data: rows.map((row) => Number(row.value.toPrecision(4))),
          itemStyle: { color: INK.accent, borderRadius: 3 },
          label: {
            show: true,
            position: "right",
            color: INK.text,
            fontSize: 11,
            formatter: (point: { dataIndex: number }) => rows[point.dataIndex]!.note,
          },
        },
      ],
    },
    width,
    height,
  );
}
