import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Butler } from "@almagest/butler";
import { drawScatter, type Panel, type Section, toDataUri } from "@almagest/report";
import { buildReport } from "../report/build-report.ts";
import { PIPELINES } from "../survey/make-calibrations.ts";
import { type EpochComparison, isComparisonOnSky } from "./compare-epochs.ts";
import type { ExportedImage } from "./export-images.ts";
import { linkMovers, type Mover } from "./link-movers.ts";
import type { FileOutcome } from "./process-outcome.ts";
import { describeComparison } from "./process-outcome.ts";
import type { SettledFrame } from "./settled-frame.ts";
import type { Stacked } from "./stack-fields.ts";

/** What the page of `almagest process` is made of. */
export interface ProcessReport {
  readonly butler: Butler;
  readonly output: string;
  readonly chain: string;
  readonly masterRuns: readonly string[];
  readonly frames: readonly SettledFrame[];
  readonly files: readonly FileOutcome[];
  readonly images: ReadonlyMap<SettledFrame | string, ExportedImage>;
  readonly stacked: Stacked;
  readonly comparisons: readonly EpochComparison[];
  readonly notes: readonly string[];
  readonly objects: number;
  readonly totalSec: number;
}

/** Frames shown as pictures, and rows of lists. */
const MOST_PICTURES = 8;
const MOST_ROWS = 40;

const nameOf = (path: string): string => path.split("/").at(-1)!;
const uriOf = async (path: string): Promise<string> => toDataUri(await readFile(path));
const text = (value: unknown): string =>
  value === undefined || value === null || (typeof value === "number" && !Number.isFinite(value))
    ? "–"
    : String(value);

async function framesSection({ frames, files, images }: ProcessReport): Promise<Section> {
  const panels: Panel[] = [];
  const listed = files.filter(({ outcome }) => outcome !== "companion" && outcome !== "left out");
  panels.push({
    title: "What became of each frame",
    caption:
      "Positions and flux scale: where they come from. Rejected frames are measured, but kept out of the stacks.",
    wide: true,
    table: {
      columns: [
        "file",
        "kind",
        "filter",
        "s",
        "outcome",
        "sources",
        "FWHM px",
        "long/wide",
        "positions",
        "flux scale",
      ],
      rows: listed
        .slice(0, MOST_ROWS)
        .map((row) =>
          [
            nameOf(row.file),
            row.kind,
            row.filter,
            row.exposureSec,
            row.outcome,
            row.sources,
            row.fwhmPixels,
            row.elongation,
            row.positions,
            row.scale,
          ].map(text),
        ),
    },
  });
  // Rejected frames first: their pictures say why.
  const shown = frames.toSorted((a, b) => Number(a.use) - Number(b.use)).slice(0, MOST_PICTURES);
  for (const settled of shown) {
    const image = images.get(settled);
    if (image === undefined) continue;
    panels.push({
      title: nameOf(settled.frame.path),
      caption: settled.use
        ? `Calibrated, sky subtracted: ${settled.frame.sources.rows} sources.`
        : `Rejected: ${settled.reason}.`,
      src: await uriOf(image.preview),
    });
  }
  return {
    title: "The frames",
    lead: "Every frame after reduction, and what quality control says of it.",
    panels,
  };
}

function comparisonTables(comparisons: readonly EpochComparison[]): Panel[] {
  const rows = comparisons.map((comparison) => Object.entries(describeComparison(comparison)));
  const panels: Panel[] = [
    {
      title: "How well measurements repeat",
      caption:
        "Stars of S/N above 100 at both epochs. Repeatability is the robust scatter of the differences over √2: that of one measurement; positions likewise, per coordinate.",
      wide: true,
      table: {
        columns: rows[0]!.map(([name]) => name),
        rows: rows.slice(0, MOST_ROWS).map((row) => row.map(([, value]) => text(value))),
      },
    },
  ];
  const place = (comparison: EpochComparison, raDeg: number, decDeg: number): string[] =>
    isComparisonOnSky(comparison) ? [raDeg.toFixed(5), decDeg.toFixed(5)] : ["–", "–"];
  const variables = comparisons
    .flatMap((comparison) => comparison.variables.map((pair) => ({ comparison, pair })))
    .sort((a, b) => Math.abs(b.pair.difference) - Math.abs(a.pair.difference));
  if (variables.length > 0) {
    panels.push({
      title: "Changed in brightness",
      caption:
        "Point sources whose magnitude differs by more than five standard errors (and 15 mmag of allowance).",
      table: {
        columns: ["RA", "Dec", "band", "mag", "change", "±"],
        rows: variables
          .slice(0, MOST_ROWS)
          .map(({ comparison, pair }) => [
            ...place(comparison, pair.raDeg, pair.decDeg),
            comparison.band,
            pair.magnitude.toFixed(2),
            pair.difference.toFixed(3),
            pair.differenceErr.toFixed(3),
          ]),
      },
    });
  }
  const lone = comparisons.flatMap((comparison) => comparison.lone.map((source) => ({ comparison, source })));
  if (lone.length > 0) {
    panels.push({
      title: "Seen at one epoch only",
      wide: true,
      caption:
        "Bright sources with nothing at their place at the other epoch: what moved, flared, or is an artifact.",
      table: {
        columns: ["RA", "Dec", "band", "mag", "S/N", "file", "x", "y"],
        rows: lone
          .slice(0, MOST_ROWS)
          .map(({ comparison, source }) => [
            ...place(comparison, source.raDeg, source.decDeg),
            comparison.band,
            source.magnitude.toFixed(2),
            source.snr.toFixed(0),
            nameOf((source.epoch === 1 ? comparison.first : comparison.second).frame.path),
            source.x.toFixed(1),
            source.y.toFixed(1),
          ]),
      },
    });
  }
  const movers = linkMovers(comparisons);
  if (movers.length > 0) panels.push(moversPanel(movers));
  return panels;
}

/** What was seen at two places within a night. */
function moversPanel(movers: readonly Mover[]): Panel {
  return {
    title: "Moving",
    caption: "Sources that one epoch shows at two places within hours: asteroids, or chance.",
    table: {
      columns: ["RA", "Dec", "mag", "minutes later", "RA", "Dec", "mag", "arcsec/h"],
      rows: movers
        .slice(0, MOST_ROWS)
        .map(({ from, to, hours, arcsecPerHour }) => [
          ...[from.source.raDeg.toFixed(5), from.source.decDeg.toFixed(5), from.source.magnitude.toFixed(2)],
          (60 * hours).toFixed(1),
          ...[to.source.raDeg.toFixed(5), to.source.decDeg.toFixed(5), to.source.magnitude.toFixed(2)],
          arcsecPerHour.toFixed(1),
        ]),
    },
  };
}

function epochsSection(comparisons: readonly EpochComparison[]): Section {
  const bands = [...new Set(comparisons.map(({ band }) => band))];
  const stars = (band: string) =>
    comparisons
      .filter((one) => one.band === band)
      .flatMap(({ pairs }) => pairs.filter(({ isStar }) => isStar));
  return {
    title: "The same field at different times",
    lead: "Sources of the first good frame of each field and band beside those of the later ones.",
    panels: [
      {
        title: "Magnitude difference",
        caption: "Later minus first, point sources.",
        svg: drawScatter({
          xName: "magnitude (AB)",
          yName: "difference, mag",
          yRange: [-0.3, 0.3],
          series: bands.map((band) => ({
            name: band,
            points: stars(band).map(({ magnitude, difference }) => [magnitude, difference] as const),
          })),
        }),
      },
      {
        title: "Position difference",
        caption: "Later minus first, point sources of S/N above 30.",
        svg: drawScatter({
          xName: "east, mas",
          yName: "north, mas",
          xRange: [-150, 150],
          yRange: [-150, 150],
          series: bands.map((band) => ({
            name: band,
            points: stars(band)
              .filter(({ snr }) => snr > 30)
              .map(({ eastMas, northMas }) => [eastMas, northMas] as const),
          })),
        }),
      },
      ...comparisonTables(comparisons),
    ],
  };
}

/** Writes `report.html` of a run of `almagest process` and gives its path. */
export async function writeProcessReport(request: ProcessReport): Promise<string> {
  const { butler, output, chain, frames, images, stacked, comparisons } = request;
  const isRaw = frames.some(({ frame }) => frame.frame.kind === "science");
  const file = isRaw ? "process-raw.yaml" : "process-reduced.yaml";
  const part = stacked.run === undefined ? `#${isRaw ? "isr" : "adoptImage"},calibrateImage` : "";
  const [best] = frames
    .filter(({ use }) => use)
    .toSorted((a, b) => b.frame.sources.rows - a.frame.sources.rows);
  const shown = best ?? frames[0];
  const hero = shown === undefined ? undefined : images.get(shown);
  const objects = [...new Set(frames.map(({ frame }) => frame.info.object))].filter(
    (name) => name !== "unknown",
  );
  const html = await buildReport({
    butler,
    run: chain,
    otherRuns: request.masterRuns,
    instrument: (shown ?? frames[0])!.frame.instrument,
    ...(stacked.map === undefined ? {} : { skymap: stacked.map.config.name }),
    pipelineFile: join(PIPELINES, file) + part,
    title: objects.length === 1 ? objects[0]! : `${frames.length} frames`,
    subtitle: `From ${request.files.length} files to calibrated images, ${stacked.run === undefined ? "" : "stacks, "}and a catalogue.`,
    notes: request.notes,
    moreSections: [
      await framesSection(request),
      ...(comparisons.length === 0 ? [] : [epochsSection(comparisons)]),
    ],
    ...(hero === undefined
      ? {}
      : { hero: { src: await uriOf(hero.preview), caption: `${nameOf(shown!.frame.path)}, calibrated.` } }),
    objectCount: request.objects,
    totalSec: request.totalSec,
  });
  const path = join(output, "report.html");
  await writeFile(path, html);
  return path;
}
