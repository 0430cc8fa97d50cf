import * as echarts from "echarts";

/** Colours of the report's charts, on its dark page. */
export const INK = {
  text: "#aeb9d0",
  faint: "#2a3550",
  bands: { u: "#8e7cff", g: "#3fb6a8", r: "#f2a65a", i: "#e4572e", z: "#b0477f", y: "#7d5ba6" } as Record<
    string,
    string
  >,
  accent: "#7db4ff",
} as const;

/** Colour of a band's marks; unknown bands share the accent. */
export function bandColour(band: string): string {
  return INK.bands[band] ?? INK.accent;
}

/** One axis in the house look. */
export function axis(name: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name,
    nameLocation: "middle",
    nameGap: 30,
    nameTextStyle: { color: INK.text, fontSize: 12 },
    axisLabel: { color: INK.text, fontSize: 11 },
    axisLine: { lineStyle: { color: INK.faint } },
    splitLine: { lineStyle: { color: INK.faint, opacity: 0.6 } },
    scale: true,
    ...options,
  };
}

/** Draws a chart as an SVG text; the same options always give the same text. */
export function drawChart(option: Record<string, unknown>, width: number, height: number): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "transparent",
      textStyle: { fontFamily: "Inter, system-ui, sans-serif" },
      legend: { top: 0, textStyle: { color: INK.text }, itemWidth: 10, itemHeight: 10 },
      grid: { left: 58, right: 18, top: 30, bottom: 46 },
      ...option,
    });
    // The hover classes are numbered per process: without them equal charts are equal texts.
    return chart
      .renderToSVGString()
      .replaceAll(/ class="zr\d+-cls-\d+"/g, "")
      .replace(/<style[\s\S]*?<\/style>/, "");
  } finally {
    // An undisposed chart keeps a timer, and with it the whole process, alive.
    chart.dispose();
  }
}
