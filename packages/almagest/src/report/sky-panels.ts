import type { Butler } from "@almagest/butler";
import type { Box, Camera, Psf } from "@almagest/images";
import {
  bandColour,
  drawHeat,
  drawScatter,
  drawSky,
  type HeatCell,
  type Panel,
  type SkyOutline,
} from "@almagest/report";
import { createSkyMap, type SkyMap, type SkyWcs } from "@almagest/sphere";
import type { DetectorFacts } from "./visit-facts.ts";

/** Samples of the PSF along each side of a detector. */
const PSF_GRID = 6;

function patchOutlines(skyMap: SkyMap): SkyOutline[] {
  return [...skyMap.tracts].flatMap((tract) =>
    tract.patches().map((patch) => {
      const { x0, y0, width, height } = patch.innerBox;
      const corners = [
        [x0 - 0.5, y0 - 0.5],
        [x0 + width - 0.5, y0 - 0.5],
        [x0 + width - 0.5, y0 + height - 0.5],
        [x0 - 0.5, y0 + height - 0.5],
      ] as const;
      return {
        corners: corners.map(([x, y]) => {
          const { raDeg, decDeg } = tract.wcs.pixelToSky(x, y);
          return [raDeg, decDeg] as const;
        }),
        colour: "#6b7da3",
        fillOpacity: 0,
        strokeOpacity: 0.8,
        label: `tract ${tract.id}, patch ${patch.index}`,
      };
    }),
  );
}

/** Where the visits looked, over the patches of the sky map. */
export async function coveragePanel(
  butler: Butler,
  skymap: string | undefined,
  facts: readonly DetectorFacts[],
): Promise<Panel | undefined> {
  const outlines: SkyOutline[] = facts
    .filter((fact) => fact.cornersDeg.every(([ra]) => Number.isFinite(ra)))
    .map((fact) => ({
      corners: fact.cornersDeg,
      colour: bandColour(fact.band),
      fillOpacity: 0.06,
      strokeOpacity: 0.5,
      label: `visit ${fact.visit}, detector ${fact.detector}, band ${fact.band}`,
    }));
  if (outlines.length === 0) return undefined;
  if (skymap !== undefined) {
    const found = (await butler.get("skyMap", { skymap }, { collections: "skymaps" })) as SkyMap;
    const map = "tracts" in found ? found : createSkyMap(found);
    if (map.tractCount < 20) outlines.push(...patchOutlines(map));
  }
  const visits = new Set(facts.map((fact) => fact.visit)).size;
  return {
    title: "Sky coverage",
    caption: `Detectors of ${visits} visits, coloured by band, over the patches of the sky map.`,
    svg: drawSky(outlines),
  };
}

/** PSF size over the focal plane: each detector's PSF relative to its visit's median, averaged over all visits. */
export async function psfMapPanel(
  butler: Butler,
  run: string,
  camera: Camera | undefined,
): Promise<Panel | undefined> {
  const sums = new Map<string, { x: number; y: number; size: number; sum: number; count: number }>();
  const visits = new Map<number, Array<{ key: string; x: number; y: number; size: number; fwhm: number }>>();
  for (const ref of await butler.queryDatasets("preliminary_visit_image", { collections: run })) {
    const psf = (await butler.get(ref, { component: "psf" })) as Psf;
    const box = (await butler.get(ref, { component: "bbox" })) as Box;
    const wcs = (await butler.get(ref, { component: "wcs" })) as SkyWcs | undefined;
    const detector = camera?.detectors.find(({ id }) => id === Number(ref.dataId.detector));
    const samples = visits.get(Number(ref.dataId.visit)) ?? [];
    visits.set(Number(ref.dataId.visit), samples);
    const step = Math.max(box.width, box.height) / PSF_GRID;
    for (let y = step / 2; y < box.height; y += step) {
      for (let x = step / 2; x < box.width; x += step) {
        const scale = wcs?.pixelScaleArcsec(box.x0 + x, box.y0 + y) ?? 1;
        samples.push({
          key: `${ref.dataId.detector}/${x}/${y}`,
          x: (detector?.centerXMm ?? 0) / (detector?.pixelSizeMm ?? 1) + x - box.width / 2,
          y: (detector?.centerYMm ?? 0) / (detector?.pixelSizeMm ?? 1) + y - box.height / 2,
          size: step,
          fwhm: psf.sigmaAt(box.x0 + x, box.y0 + y) * 2.3548 * scale,
        });
      }
    }
  }
  for (const samples of visits.values()) {
    const sorted = samples.map((sample) => sample.fwhm).sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1]!;
    for (const { key, x, y, size, fwhm } of samples) {
      const cell = sums.get(key) ?? { x, y, size, sum: 0, count: 0 };
      cell.sum += fwhm / median;
      cell.count++;
      sums.set(key, cell);
    }
  }
  const cells: HeatCell[] = [...sums.values()].map(({ x, y, size, sum, count }) => ({
    x,
    y,
    size,
    value: sum / count,
  }));
  if (cells.length === 0) return undefined;
  return {
    title: "PSF size over the focal plane",
    caption: `Full width at half maximum relative to each visit's median, averaged over ${visits.size} visits.`,
    svg: drawHeat(cells, (value) => `${((value - 1) * 100).toFixed(1)} %`),
  };
}

/** Seeing of every detector, visit by visit. */
export function seeingPanel(facts: readonly DetectorFacts[]): Panel | undefined {
  const good = facts.filter((fact) => Number.isFinite(fact.fwhmArcsec));
  if (good.length === 0) return undefined;
  const order = [...new Set(good.map((fact) => fact.visit))];
  const bands = [...new Set(good.map((fact) => fact.band))];
  return {
    title: "Seeing, visit by visit",
    caption: "PSF full width at half maximum at the centre of every detector.",
    svg: drawScatter({
      xName: "visit, in order of time",
      yName: "FWHM, arcsec",
      series: bands.map((band) => ({
        name: band,
        points: good
          .filter((fact) => fact.band === band)
          .map((fact) => [order.indexOf(fact.visit) + 1, fact.fwhmArcsec] as const),
      })),
    }),
  };
}
