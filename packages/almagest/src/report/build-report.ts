import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Butler } from "@almagest/butler";
import type { Camera } from "@almagest/images";
import { type Fact, type Panel, type ReportContent, renderPage, type Section } from "@almagest/report";
import { getNumbers, type Table } from "@almagest/tables";
import { medianOf } from "../judge/robust.ts";
import { instrumentCollections } from "../survey/ingest-raws.ts";
import { pipelinePanel, timePanel } from "./how-panels.ts";
import { pairRawAndCalibrated } from "./raw-pair.ts";
import { coveragePanel, psfMapPanel, seeingPanel } from "./sky-panels.ts";
import { pictureCoadds } from "./sky-pictures.ts";
import { type Judgement, listVerdicts, truthPanels } from "./truth-panels.ts";
import { type DetectorFacts, readVisitFacts } from "./visit-facts.ts";

/** What a report is made of. */
export interface ReportRequest {
  readonly butler: Butler;
  readonly run: string;
  /** Runs whose task times are shown as well, such as those that made the calibrations. */
  readonly otherRuns: readonly string[];
  readonly instrument: string;
  readonly skymap?: string;
  readonly pipelineFile: string;
  readonly title: string;
  readonly subtitle: string;
  readonly judgement?: Judgement;
  readonly notes?: readonly string[];
  /** Sections of its own that a command adds after the sky. */
  readonly moreSections?: readonly Section[];
  /** The picture across the top where there is no coadd. */
  readonly hero?: { readonly src: string; readonly caption: string };
  /** How many objects there are, where the object tables do not hold all. */
  readonly objectCount?: number;
  /** Wall-clock seconds of the whole work, when known. */
  readonly totalSec?: number;
}

const present = (panels: ReadonlyArray<Panel | undefined>): Panel[] =>
  panels.filter((panel) => panel !== undefined);

function version(): string {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8")).version;
}

async function countObjects(butler: Butler, run: string): Promise<number> {
  let count = 0;
  for (const ref of await butler.queryDatasets("object", { collections: run })) {
    const table = (await butler.get(ref)) as Table;
    count += Array.from(getNumbers(table, "detect_isPrimary")).filter((flag) => flag === 1).length;
  }
  return count;
}

async function collectFacts(request: ReportRequest, facts: readonly DetectorFacts[]): Promise<Fact[]> {
  const { butler, run } = request;
  const visits = new Set(facts.map((fact) => fact.visit)).size;
  const bands = new Set(facts.map((fact) => fact.band));
  const objects = request.objectCount ?? (await countObjects(butler, run));
  const seeing = medianOf(facts.map((fact) => fact.fwhmArcsec));
  const scatter = medianOf(facts.map((fact) => fact.astrometryScatterMas));
  return [
    {
      label: visits === 1 ? "visit" : "visits",
      value: String(visits),
      note: `${facts.length} detector images`,
    },
    { label: bands.size === 1 ? "band" : "bands", value: [...bands].join(" ") || "–" },
    { label: "objects", value: objects.toLocaleString("en") },
    ...(Number.isFinite(seeing) ? [{ label: "median seeing", value: `${seeing.toFixed(2)}″` }] : []),
    ...(Number.isFinite(scatter)
      ? [
          {
            label: "scatter to the reference",
            value: `${scatter.toFixed(0)} mas`,
            note: "per coordinate, one visit",
          },
        ]
      : []),
    ...(request.totalSec === undefined
      ? []
      : [{ label: "from start to here", value: `${request.totalSec.toFixed(0)} s` }]),
  ];
}

/** Builds the report page of a finished run as one HTML text. */
export async function buildReport(request: ReportRequest): Promise<string> {
  const { butler, run, judgement } = request;
  const facts = await readVisitFacts(butler, run);
  const sky = await pictureCoadds(butler, run);
  const { raws } = instrumentCollections(request.instrument);
  const camera = (await butler.get(
    "camera",
    { instrument: request.instrument },
    { collections: instrumentCollections(request.instrument).unbounded },
  )) as Camera;
  const sections: Section[] = [
    {
      title: "The sky",
      lead: "What was observed, and how one detector's frame becomes a calibrated image.",
      panels: present([
        await pairRawAndCalibrated(butler, run, raws),
        await coveragePanel(butler, request.skymap, facts),
        await psfMapPanel(butler, run, camera),
        seeingPanel(facts),
      ]),
    },
    ...(request.moreSections ?? []),
    ...(judgement === undefined
      ? []
      : [
          {
            title: "Measured and true",
            lead: "The object table of the coadds beside the list of what was simulated.",
            panels: truthPanels(judgement),
          },
        ]),
    {
      title: "How it was made",
      lead: "Every product can be traced to its inputs, its configuration and its task's log in the repository.",
      panels: present([
        await pipelinePanel(butler, request.pipelineFile),
        await timePanel(butler, [run, ...request.otherRuns]),
      ]),
    },
  ];
  const hero = sky === undefined ? request.hero : { src: sky.uri, caption: sky.caption };
  const content: ReportContent = {
    title: request.title,
    subtitle: request.subtitle,
    ...(hero === undefined ? {} : { hero }),
    facts: await collectFacts(request, facts),
    verdicts: judgement === undefined ? [] : listVerdicts(judgement),
    sections,
    notes: request.notes ?? [],
    colophon: `Almagest ${version()} · run ${run} · instrument ${request.instrument}`,
  };
  return renderPage(content);
}
