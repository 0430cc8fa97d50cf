/** @module Pictures, charts and the page that shows what a run has made. */
export { type BarRow, drawBars } from "./charts/bar-chart.ts";
export { bandColour } from "./charts/draw-chart.ts";
export { drawHeat, type HeatCell, heatColour } from "./charts/heat-chart.ts";
export { drawLines, type LineChart } from "./charts/line-chart.ts";
export { drawScatter, type PointSeries, type ScatterChart } from "./charts/scatter-chart.ts";
export { drawSky, type SkyDot, type SkyOutline } from "./charts/sky-chart.ts";
export { renderPage } from "./page/render-page.ts";
export type { Fact, Panel, ReportContent, Section, Verdict } from "./page/report-content.ts";
export { drawColour } from "./pictures/colour-picture.ts";
export { encodePng, svgToDataUri, toDataUri } from "./pictures/encode-png.ts";
export { drawGrey, type GreyStretch } from "./pictures/grey-picture.ts";
export { cropToKnown, pasteMosaic, shrinkFactor, shrinkPlane } from "./pictures/mosaic.ts";
export type { Picture, Plane } from "./pictures/plane.ts";
