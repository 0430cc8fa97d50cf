import { drawLines, drawScatter, type Panel, type Verdict } from "@almagest/report";
import type { NoiseJudgement } from "../judge/judge-noise.ts";
import { type ObjectJudgement, summariseObjects } from "../judge/judge-objects.ts";
import { medianOf } from "../judge/robust.ts";

/** A survey judged against its truth. */
export interface Judgement {
  readonly objects: ObjectJudgement;
  readonly noise: readonly NoiseJudgement[];
}

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

/** The promises of the main job with their figures. */
export function listVerdicts({ objects, noise }: Judgement): Verdict[] {
  const figures = summariseObjects(objects);
  const ratios = noise.map(({ measured, expected }) => measured / expected);
  const worst = ratios.reduce((far, ratio) => (Math.abs(ratio - 1) > Math.abs(far - 1) ? ratio : far), 1);
  return [
    {
      name: "Point sources found at 10 sigma, coadds",
      goal: "≥ 95 %",
      figure: percent(figures.completeness10),
      pass: figures.completeness10 >= 0.95,
    },
    {
      name: "Point sources found at 5 sigma, coadds",
      goal: "≥ 50 %",
      figure: percent(figures.completeness5),
      pass: figures.completeness5 >= 0.5,
    },
    {
      name: "False detections of 5 sigma and more",
      goal: "≤ 2 %",
      figure: percent(figures.spurious),
      pass: figures.spurious <= 0.02,
    },
    {
      name: "Positions of bright stars, median residual per coordinate",
      goal: "≤ 15 mas",
      figure: `${figures.astrometryMas.toFixed(1)} mas (${figures.brightStars} stars)`,
      pass: figures.astrometryMas <= 15,
    },
    {
      name: "PSF fluxes of bright stars, offset and scatter",
      goal: "≤ 10 mmag",
      figure: `${figures.photometryMmag.toFixed(1)} mmag`,
      pass: figures.photometryMmag <= 10,
    },
    {
      name: "Coadd noise over expected √N, worst coadd",
      goal: "within 10 %",
      figure: `${worst.toFixed(3)} (median ${medianOf(ratios).toFixed(3)}, ${noise.length} coadds)`,
      pass: Math.abs(worst - 1) <= 0.1,
    },
  ];
}

/** Charts of residuals and completeness against the truth. */
export function truthPanels({ objects }: Judgement): Panel[] {
  const bands = [...objects.spurious.keys()];
  const stars = (band: string) => objects.residuals.filter((star) => star.band === band);
  return [
    {
      title: "Photometry against truth",
      caption: "PSF magnitudes of isolated bright stars on the coadds, measured minus true.",
      svg: drawScatter({
        xName: "true magnitude (AB)",
        yName: "measured − true, mmag",
        yRange: [-40, 40],
        series: bands.map((band) => ({
          name: band,
          points: stars(band).map((star) => [star.magnitude, star.millimag] as const),
        })),
      }),
    },
    {
      title: "Astrometry against truth",
      caption: "Position residuals of the same stars on the sky.",
      svg: drawScatter({
        xName: "east, mas",
        yName: "north, mas",
        xRange: [-40, 40],
        yRange: [-40, 40],
        height: 420,
        series: bands.map((band) => ({
          name: band,
          points: stars(band).map((star) => [star.eastMas, star.northMas] as const),
        })),
      }),
    },
    {
      title: "Completeness",
      caption:
        "Share of true point sources that the coadd detection finds, by their true signal-to-noise ratio.",
      svg: drawLines({
        xName: "true S/N",
        yName: "found, %",
        yRange: [0, 100],
        levels: [50, 95],
        series: bands.map((band) => ({
          name: band,
          points: objects.completeness
            .filter((bin) => bin.band === band && bin.offered > 0 && bin.snr <= 20)
            .map((bin) => [bin.snr, (100 * bin.found) / bin.offered] as const),
        })),
      }),
    },
  ];
}
