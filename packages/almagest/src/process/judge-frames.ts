import { getNumbers, type Table } from "@almagest/tables";
import { brightSources } from "@almagest/tasks";
import { medianOf } from "../judge/robust.ts";
import { findDoubledStars } from "./find-doubled-stars.ts";
import type { MeasuredFrame } from "./measured-frame.ts";

/** What quality control looks at. */
export interface FrameQuality {
  /** Full width at half maximum of the PSF, pixels. */
  readonly fwhmPixels: number;
  /** Long over short axis of bright sources, median. */
  readonly elongation: number;
  /** Sources per million pixels. */
  readonly density: number;
  readonly sources: number;
  readonly saturatedShare: number;
  /** Jump in pixels by which all stars appear twice, and the share of bright sources that do. */
  readonly jumpPixels?: number;
  readonly doubledShare?: number;
}

/** Sources of this S/N show their shape. */
const SHAPE_SNR = 15;
/** Frames with no more sources than this do not tell by their number whether another is bad. */
const FEW_SOURCES = 20;
/** Brightest sources whose shapes are looked at. */
const SHAPES = 80;

/** Long over short axis of an ellipse with these second moments. */
function axisRatio(xx: number, yy: number, xy: number): number {
  const mean = (xx + yy) / 2;
  const half = Math.hypot((xx - yy) / 2, xy);
  return mean > half ? Math.sqrt((mean + half) / (mean - half)) : Number.NaN;
}

function medianElongation(sources: Table, rows: readonly number[]): number {
  const [xx, yy, xy, flag] = ["ixx", "iyy", "ixy", "shape_flag"].map((name) => getNumbers(sources, name));
  return medianOf(
    rows
      .slice(0, SHAPES)
      .filter((row) => flag![row] === 0)
      .map((row) => axisRatio(xx![row]!, yy![row]!, xy![row]!))
      .filter(Number.isFinite),
  );
}

/** Measures how good a frame is. */
export function measureQuality({ sources, figures, bbox, saturatedShare }: MeasuredFrame): FrameQuality {
  const fwhmPixels = 2.3548 * (figures.get("psfSigmaPixels") ?? Number.NaN);
  const rows = brightSources(sources, SHAPE_SNR);
  const [x, y] = [getNumbers(sources, "x"), getNumbers(sources, "y")];
  const doubled = findDoubledStars(
    { x: Float64Array.from(rows, (row) => x[row]!), y: Float64Array.from(rows, (row) => y[row]!) },
    0.3 * Math.max(bbox.width, bbox.height),
    Math.max(2, 0.4 * fwhmPixels),
  );
  return {
    fwhmPixels,
    elongation: medianElongation(sources, rows),
    density: (1e6 * sources.rows) / (bbox.width * bbox.height),
    sources: sources.rows,
    saturatedShare,
    ...(doubled === undefined
      ? {}
      : {
          jumpPixels: Math.hypot(doubled.dx, doubled.dy),
          doubledShare: doubled.sources / doubled.offered,
        }),
  };
}

/** A frame's quality and, for those kept out of stacks, why. */
export interface FrameVerdict {
  readonly quality: FrameQuality;
  readonly rejected?: string;
}

const times = (factor: number): string => `${factor.toFixed(1)} times`;

/** Why a frame is not good enough to stack, compared with the other frames of its detector; undefined for good ones. */
function findFault(quality: FrameQuality, others: readonly FrameQuality[]): string | undefined {
  const { fwhmPixels, elongation, density, sources, saturatedShare, jumpPixels, doubledShare } = quality;
  if (jumpPixels !== undefined) {
    return `trailed: ${Math.round(100 * doubledShare!)} % of the bright sources appear again ${Math.round(jumpPixels)} pixels away, the same way for all`;
  }
  const typical = (of: (other: FrameQuality) => number): number =>
    medianOf(others.map(of).filter(Number.isFinite));
  const usual = typical((other) => other.elongation);
  if (elongation > 1.8 || (elongation > 1.3 && elongation > 1.3 * usual)) {
    return `trailed or out of shape: stars are ${elongation.toFixed(2)} times as long as wide${Number.isFinite(usual) ? ` (others ${usual.toFixed(2)})` : ""}`;
  }
  const width = typical((other) => other.fwhmPixels);
  if (fwhmPixels > 1.8 * width) {
    return `blurred: stars are ${fwhmPixels.toFixed(1)} pixels wide, ${times(fwhmPixels / width)} those of other frames`;
  }
  const many = typical((other) => other.density);
  if (density < 0.2 * many && typical((other) => other.sources) > FEW_SOURCES) {
    return `too few stars: ${sources} sources, ${((100 * density) / many).toFixed(0)} % of what other frames show (cloud, or a wrong exposure)`;
  }
  const burnt = typical((other) => other.saturatedShare);
  if (saturatedShare > 0.5 || saturatedShare > Math.max(0.05, 5 * burnt)) {
    return `saturated: ${(100 * saturatedShare).toFixed(0)} % of the pixels`;
  }
  return undefined;
}

/** Judges frames, each against the others of its instrument, filter and detector; parallel to `frames`. */
export function judgeFrames(frames: readonly MeasuredFrame[]): FrameVerdict[] {
  const qualities = frames.map(measureQuality);
  return frames.map((frame, k) => {
    const others = qualities.filter(
      (_, m) =>
        m !== k &&
        frames[m]!.instrument === frame.instrument &&
        frames[m]!.info.physicalFilter === frame.info.physicalFilter &&
        frames[m]!.info.detectorId === frame.info.detectorId,
    );
    const rejected = findFault(qualities[k]!, others);
    return { quality: qualities[k]!, ...(rejected === undefined ? {} : { rejected }) };
  });
}
