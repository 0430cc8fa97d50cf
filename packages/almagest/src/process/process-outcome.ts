import type { FrameInfo } from "@almagest/instruments";
import type { Row } from "../cli/text-table.ts";
import type { Refusal } from "../survey/find-files.ts";
import type { EpochComparison } from "./compare-epochs.ts";
import type { FailedFrame } from "./measure-frames.ts";
import type { MeasuredElectronics } from "./measured-electronics.ts";
import type { InstrumentFrames } from "./process-frame.ts";
import { NOMINAL_ZERO_POINT } from "./settle-frames.ts";
import type { SettledFrame } from "./settled-frame.ts";

/** Everything that a run of `almagest process` has to tell. */
export interface ProcessOutcome {
  readonly output: string;
  readonly repository: string;
  readonly report: string;
  readonly catalogue: string;
  readonly objects: number;
  readonly sources: number;
  readonly images: readonly string[];
  readonly files: readonly FileOutcome[];
  /** Gain and read noise as the calibration frames tell them. */
  readonly electronics: readonly MeasuredElectronics[];
  readonly comparisons: readonly Row[];
  readonly notes: readonly string[];
  readonly seconds: number;
}

/** What became of one image in one file, or of a file without. */
export interface FileOutcome {
  readonly file: string;
  readonly kind: string;
  /** `used`, `rejected`, `failed`, `calibration`, `companion`, `reference`, or `left out`. */
  readonly outcome: string;
  readonly reason?: string;
  readonly instrument?: string;
  readonly exposure?: number;
  readonly detector?: string;
  readonly filter?: string;
  readonly exposureSec?: number;
  readonly sources?: number;
  readonly fwhmPixels?: number | null;
  readonly elongation?: number | null;
  readonly positions?: string;
  readonly scale?: string;
  readonly zeroPoint?: number | null;
  readonly astrometryScatterMas?: number | null;
  readonly notes: readonly string[];
}

/** A rounded number; null, which tables and JSON know, for what could not be measured. */
const round = (value: number, digits: number): number | null =>
  Number.isFinite(value) ? Number(value.toFixed(digits)) : null;
const CALIBRATIONS: ReadonlySet<string> = new Set(["bias", "dark", "flat"]);

function describeSettled(settled: SettledFrame): Partial<FileOutcome> {
  const { frame, verdict, use, reason, positions, scale } = settled;
  const zeroPoint = frame.figures.get("zeroPoint");
  const scatter = frame.figures.get("astrometryScatterArcsec");
  return {
    outcome: use ? "used" : "rejected",
    ...(reason === undefined ? {} : { reason }),
    sources: frame.sources.rows,
    fwhmPixels: round(verdict.quality.fwhmPixels, 2),
    elongation: round(verdict.quality.elongation, 2),
    positions,
    scale,
    ...(zeroPoint === undefined ? {} : { zeroPoint: round(zeroPoint, 3) }),
    ...(scatter === undefined ? {} : { astrometryScatterMas: round(scatter * 1000, 1) }),
  };
}

function leftOut(frame: FrameInfo, references: readonly string[]): Partial<FileOutcome> {
  if (references.includes(frame.path)) return { outcome: "reference" };
  if (frame.kind === "mask" || frame.kind === "weight") return { outcome: "companion" };
  if (frame.kind === "catalogue")
    return { outcome: "left out", reason: "a table without an image (give catalogues with --reference)" };
  const [reason = "not told by its header what it is"] = frame.notes;
  return { outcome: "left out", reason };
}

/** Lists what became of every file, in their order. */
export function listFiles(
  frames: readonly FrameInfo[],
  refused: readonly Refusal[],
  instruments: readonly InstrumentFrames[],
  settled: readonly SettledFrame[],
  failed: readonly FailedFrame[],
  references: readonly string[],
): FileOutcome[] {
  const used = instruments.flatMap((one) => one.frames);
  const rows = frames.map((frame): FileOutcome => {
    const base = { file: frame.path, kind: frame.kind, notes: frame.notes };
    const known = used.find((one) => one.path === frame.path && one.frame.hdu === frame.hdu);
    if (known === undefined) return { outcome: "left out", ...base, ...leftOut(frame, references) };
    const { info } = known;
    const told = {
      ...base,
      kind: known.frame.kind,
      instrument: info.instrument,
      exposure: info.exposureId,
      detector: info.detectorName,
      filter: info.physicalFilter,
      exposureSec: info.exposureSec,
    };
    const failure = failed.find(({ path }) => path === frame.path);
    const done = settled.find(({ frame: one }) => one.path === frame.path && one.frame.hdu === frame.hdu);
    if (done !== undefined) return { outcome: "used", ...told, ...describeSettled(done) };
    if (failure !== undefined) return { outcome: "failed", ...told, reason: failure.reason };
    if (CALIBRATIONS.has(known.frame.kind)) return { outcome: "calibration", ...told };
    return { outcome: "left out", ...told, reason: "not selected" };
  });
  return [
    ...rows,
    ...refused.map(({ path, reason }) => ({
      file: path,
      kind: "unknown",
      outcome: "left out",
      reason,
      notes: [],
    })),
  ];
}

/** The comparison of two epochs as a row. */
export function describeComparison(comparison: EpochComparison): Row {
  const {
    first,
    second,
    band,
    pairs,
    brightStars,
    repeatabilityMag,
    offsetMag,
    positionScatterMas,
    shiftMas,
  } = comparison;
  const name = (settled: SettledFrame): string => settled.frame.path.split("/").at(-1)!;
  return {
    band,
    first: name(first),
    second: name(second),
    pairs: pairs.length,
    "stars S/N>100": brightStars,
    "repeatability mmag": round(1000 * repeatabilityMag, 1),
    "offset mmag": round(1000 * offsetMag, 1),
    "position mas": round(positionScatterMas, 1),
    "shift mas": shiftMas.map((value) => round(value, 1)),
    variable: comparison.variables.length,
    "seen once": comparison.lone.length,
  };
}

/** A reason as the end of a sentence. */
const plain = (reason: string | undefined): string => (reason ?? "").replace(/\.+$/, "");

const list = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;

/** What could not be told or done, in sentences: equal ones of several frames are joined. */
export function collectNotes(
  files: readonly FileOutcome[],
  settled: readonly SettledFrame[],
  hasReference: boolean,
  others: readonly string[],
): string[] {
  const notes: string[] = [];
  const name = (file: string): string => file.split("/").at(-1)!;
  const bad = files.filter(({ outcome }) => outcome === "rejected" || outcome === "failed");
  for (const { file, outcome, reason } of bad) {
    notes.push(
      `${name(file)} ${outcome === "failed" ? "could not be processed" : "is kept out of the stacks"}: ${plain(reason)}.`,
    );
  }
  notes.push(...others);
  const namesOf = (test: (one: SettledFrame) => boolean): string[] =>
    settled.filter(test).map(({ frame }) => name(frame.path));
  const tell = (names: readonly string[], text: string): void => {
    if (names.length > 0) notes.push(`${list(names)}: ${text}`);
  };
  const solved = hasReference ? "positions could not be solved against the reference catalogue; " : "";
  tell(
    namesOf(({ positions }) => positions === "header"),
    `${solved}the header's WCS is kept.`,
  );
  tell(
    namesOf(({ positions }) => positions === "telescope"),
    `${solved}positions are the telescope's coordinates with north up: good to arcminutes at best.`,
  );
  tell(
    namesOf(({ positions }) => positions === "other frames"),
    `${solved}positions are tied to another frame's stars.`,
  );
  tell(
    namesOf(({ positions }) => positions === "pixels only"),
    `${solved}the header does not tell how pixels map to the sky; positions are in pixels only.`,
  );
  tell(
    namesOf(({ scale }) => scale === "nominal"),
    `magnitudes are instrumental: ${NOMINAL_ZERO_POINT} stands for one electron per second.`,
  );
  tell(
    namesOf(({ scale }) => scale === "header"),
    "the zero point is the one that the header states.",
  );
  const byNote = new Map<string, string[]>();
  for (const { file, notes: own, outcome } of files) {
    if (outcome === "left out" || outcome === "companion" || outcome === "reference") continue;
    for (const note of own) byNote.set(note, [...(byNote.get(note) ?? []), name(file)]);
  }
  for (const [note, names] of byNote) notes.push(`${list([...new Set(names)])}: ${note}.`);
  const out = Map.groupBy(
    files.filter(({ outcome }) => outcome === "left out"),
    ({ reason }) => reason,
  );
  for (const [reason, group] of out) {
    notes.push(`Left out ${list(group.map(({ file }) => name(file)))}: ${plain(reason)}.`);
  }
  return notes;
}
