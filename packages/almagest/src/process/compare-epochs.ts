import { createSkyIndex, wrapDifferenceDegrees } from "@almagest/sphere";
import { getNumbers } from "@almagest/tables";
import { medianOf, scatterOf } from "../judge/robust.ts";
import { isOnSky, type SettledFrame } from "./settled-frame.ts";

/** One source seen at two epochs. */
export interface SourcePair {
  readonly raDeg: number;
  readonly decDeg: number;
  /** AB magnitude at the first epoch, and second minus first. */
  readonly magnitude: number;
  readonly difference: number;
  readonly differenceErr: number;
  readonly eastMas: number;
  readonly northMas: number;
  /** The smaller of the two S/N. */
  readonly snr: number;
  /** Extended, saturated or otherwise not fit to judge repeatability. */
  readonly isStar: boolean;
}

/** A bright source that only one of two epochs shows, though the other looked there. */
export interface LoneSource {
  readonly epoch: 1 | 2;
  readonly raDeg: number;
  readonly decDeg: number;
  readonly x: number;
  readonly y: number;
  readonly magnitude: number;
  readonly snr: number;
}

/** Two frames of one field and band at different times, compared source by source. */
export interface EpochComparison {
  readonly band: string;
  readonly first: SettledFrame;
  readonly second: SettledFrame;
  readonly pairs: readonly SourcePair[];
  readonly lone: readonly LoneSource[];
  /** Stars of S/N above 100 at both epochs. */
  readonly brightStars: number;
  /** Robust scatter of one measurement of those: that of the differences over √2, magnitudes. */
  readonly repeatabilityMag: number;
  readonly offsetMag: number;
  /** Robust scatter of one position per coordinate of those stars, and the mean shift, mas. */
  readonly positionScatterMas: number;
  readonly shiftMas: readonly [east: number, north: number];
  /** Sources whose brightness changed most, by significance. */
  readonly variables: readonly SourcePair[];
}

interface Sources {
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  readonly flux: Float64Array;
  readonly fluxErr: Float64Array;
  readonly clean: Uint8Array;
  readonly star: Uint8Array;
}

const BRIGHT_SNR = 100;
const LONE_SNR = 15;
/** Share of a magnitude that fluxes of different frames may differ by without meaning. */
const FLOOR_MAG = 0.015;
const VARIABLE_SIGMA = 5;

function readSources({ frame, wcs, nanojanskyPerUnit }: SettledFrame): Sources {
  const { sources } = frame;
  const column = (name: string): Float64Array => getNumbers(sources, name);
  const raDeg = new Float64Array(sources.rows);
  const decDeg = new Float64Array(sources.rows);
  wcs!.pixelToSkyArrays(column("x"), column("y"), raDeg, decDeg);
  const flags = [
    "pixelFlags_saturated",
    "pixelFlags_edge",
    "psfFlux_flag",
    "centroid_flag",
    "pixelFlags_crCenter",
    "pixelFlags_bad",
  ]
    .filter((name) => sources.columns.has(name))
    .map(column);
  const clean = Uint8Array.from(raDeg, (_, i) => (flags.every((flag) => flag[i] === 0) ? 1 : 0));
  const extended = column("extendedness");
  return {
    count: sources.rows,
    x: column("x"),
    y: column("y"),
    raDeg,
    decDeg,
    flux: column("psfFlux").map((flux) => flux * nanojanskyPerUnit),
    fluxErr: column("psfFluxErr").map((error) => error * nanojanskyPerUnit),
    clean,
    star: clean.map((flag, i) => (flag === 1 && extended[i] === 0 ? 1 : 0)),
  };
}

const magnitudeOf = (flux: number): number => 31.4 - 2.5 * Math.log10(flux);

function pairUp(a: Sources, b: Sources, radiusArcsec: number): SourcePair[] {
  const index = createSkyIndex(b.raDeg, b.decDeg);
  const pairs: SourcePair[] = [];
  for (let i = 0; i < a.count; i++) {
    if (!Number.isFinite(a.raDeg[i]!) || !(a.flux[i]! > 0)) continue;
    const j = index.nearest(a.raDeg[i]!, a.decDeg[i]!, radiusArcsec)?.index;
    if (j === undefined || !(b.flux[j]! > 0)) continue;
    const snr = Math.min(a.flux[i]! / a.fluxErr[i]!, b.flux[j]! / b.fluxErr[j]!);
    if (!(snr > 5)) continue;
    pairs.push({
      raDeg: a.raDeg[i]!,
      decDeg: a.decDeg[i]!,
      magnitude: magnitudeOf(a.flux[i]!),
      difference: magnitudeOf(b.flux[j]!) - magnitudeOf(a.flux[i]!),
      differenceErr: 1.0857 * Math.hypot(a.fluxErr[i]! / a.flux[i]!, b.fluxErr[j]! / b.flux[j]!),
      eastMas:
        wrapDifferenceDegrees(b.raDeg[j]! - a.raDeg[i]!) * Math.cos((a.decDeg[i]! * Math.PI) / 180) * 3.6e6,
      northMas: (b.decDeg[j]! - a.decDeg[i]!) * 3.6e6,
      snr,
      isStar: a.star[i] === 1 && b.star[j] === 1,
    });
  }
  return pairs;
}

/** Clean bright sources of `a` without any counterpart in `b`, where `b` looked and they would have been bright enough. */
function findLone(
  a: Sources,
  b: Sources,
  other: SettledFrame,
  epoch: 1 | 2,
  radiusArcsec: number,
): LoneSource[] {
  const index = createSkyIndex(b.raDeg, b.decDeg);
  const { x0, y0, width, height } = other.frame.bbox;
  const noise = medianOf(Array.from(b.fluxErr, (error, k) => (b.clean[k] === 1 ? error : Number.NaN)));
  const border = 20;
  const lone: LoneSource[] = [];
  for (let i = 0; i < a.count; i++) {
    const snr = a.flux[i]! / a.fluxErr[i]!;
    if (a.clean[i] !== 1 || !(snr > LONE_SNR) || !(a.flux[i]! > LONE_SNR * noise)) continue;
    if (index.nearest(a.raDeg[i]!, a.decDeg[i]!, 2 * radiusArcsec) !== undefined) continue;
    const there = other.wcs!.skyToPixel(a.raDeg[i]!, a.decDeg[i]!);
    const inside =
      there.x > x0 + border &&
      there.y > y0 + border &&
      there.x < x0 + width - border &&
      there.y < y0 + height - border;
    if (!inside) continue;
    const [raDeg, decDeg, x, y] = [a.raDeg[i]!, a.decDeg[i]!, a.x[i]!, a.y[i]!];
    lone.push({ epoch, raDeg, decDeg, x, y, magnitude: magnitudeOf(a.flux[i]!), snr });
  }
  return lone;
}

/** Compares two frames of one field and band. */
export function comparePair(first: SettledFrame, second: SettledFrame): EpochComparison {
  const [a, b] = [readSources(first), readSources(second)];
  const { x0, y0, width, height } = first.frame.bbox;
  const scale = first.wcs!.pixelScaleArcsec(x0 + width / 2, y0 + height / 2);
  const fwhm = 2.3548 * (first.frame.figures.get("psfSigmaPixels") ?? 2) * scale;
  const radiusArcsec = Math.max(1.5 * scale, 0.7 * fwhm);
  const pairs = pairUp(a, b, radiusArcsec);
  const bright = pairs.filter(({ snr, isStar }) => isStar && snr > BRIGHT_SNR);
  const offsetMag = medianOf(bright.map(({ difference }) => difference));
  const [east, north] = [bright.map(({ eastMas }) => eastMas), bright.map(({ northMas }) => northMas)];
  const significance = ({ difference, differenceErr }: SourcePair): number =>
    Math.abs(difference - (Number.isFinite(offsetMag) ? offsetMag : 0)) /
    Math.hypot(differenceErr, FLOOR_MAG);
  return {
    band: first.frame.info.band,
    first,
    second,
    pairs,
    lone: [...findLone(a, b, second, 1, radiusArcsec), ...findLone(b, a, first, 2, radiusArcsec)].sort(
      (p, q) => q.snr - p.snr,
    ),
    brightStars: bright.length,
    repeatabilityMag: scatterOf(bright.map(({ difference }) => difference)) / Math.SQRT2,
    offsetMag,
    positionScatterMas: Math.hypot(scatterOf(east), scatterOf(north)) / 2,
    shiftMas: [medianOf(east), medianOf(north)],
    variables: pairs
      .filter((pair) => pair.isStar && significance(pair) > VARIABLE_SIGMA)
      .sort((p, q) => significance(q) - significance(p)),
  };
}

/** Whether two frames overlap by half or so: the middle of one lies on the other. */
function overlapWell(a: SettledFrame, b: SettledFrame): boolean {
  const holdsMiddle = (one: SettledFrame, other: SettledFrame): boolean => {
    const { x0, y0, width, height } = other.frame.bbox;
    const middle = other.wcs!.pixelToSky(x0 + width / 2, y0 + height / 2);
    const { x, y } = one.wcs!.skyToPixel(middle.raDeg, middle.decDeg);
    const box = one.frame.bbox;
    return x >= box.x0 && y >= box.y0 && x < box.x0 + box.width && y < box.y0 + box.height;
  };
  return holdsMiddle(a, b) || holdsMiddle(b, a);
}

/** Compares every good frame with the first good one of another visit in the same band that shows the same place. */
export function compareEpochs(frames: readonly SettledFrame[]): EpochComparison[] {
  const comparisons: EpochComparison[] = [];
  const good = frames.filter(({ use }) => use);
  for (const [k, later] of good.entries()) {
    const first = good
      .slice(0, k)
      .find(
        (earlier) =>
          earlier.field === later.field &&
          earlier.frame.info.band === later.frame.info.band &&
          earlier.frame.info.visitId !== later.frame.info.visitId &&
          overlapWell(earlier, later),
      );
    if (first === undefined) continue;
    const comparison = comparePair(first, later);
    if (comparison.pairs.length > 0) comparisons.push(comparison);
  }
  return comparisons;
}

/** Whether the comparison's coordinates are those of the sky. */
export function isComparisonOnSky({ first }: EpochComparison): boolean {
  return isOnSky(first);
}
