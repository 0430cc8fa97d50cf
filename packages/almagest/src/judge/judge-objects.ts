import { createSkyIndex } from "@almagest/sphere";
import { getNumbers, type Table } from "@almagest/tables";
import type { CoaddVariance } from "./coadd-variance.ts";
import { medianOf, scatterOf } from "./robust.ts";
import type { TruthObjects } from "./truth.ts";

/** One bright star as measured against the truth. */
export interface StarResidual {
  readonly band: string;
  /** True AB magnitude. */
  readonly magnitude: number;
  /** Measured minus true, milliarcsec towards east and north. */
  readonly eastMas: number;
  readonly northMas: number;
  /** Measured minus true, millimagnitudes. */
  readonly millimag: number;
}

/** Share of true point sources that were detected, by their true S/N. */
export interface CompletenessBin {
  readonly band: string;
  readonly snr: number;
  readonly offered: number;
  readonly found: number;
}

/** How a band's coadd detections stand against the truth. */
export interface ObjectJudgement {
  readonly residuals: readonly StarResidual[];
  readonly completeness: readonly CompletenessBin[];
  /** Per band: detections of at least 5 sigma in that band, and how many of them are nothing real. */
  readonly spurious: ReadonlyMap<string, { readonly detections: number; readonly false: number }>;
}

/** A true source within this distance of a detection is what was detected. */
const MATCH_ARCSEC = 0.8;
/** Centres of the S/N bins, each 6 % wide either way. */
const SNR_BINS = [3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50];
/** Bright stars: at least this S/N, so that photon noise is below the 10 mmag that are asked for. */
const BRIGHT_SNR = 200;

interface Measured {
  readonly rows: readonly number[];
  readonly ra: Float64Array;
  readonly dec: Float64Array;
}

function primaryObjects(objects: Table): Measured {
  const primary = getNumbers(objects, "detect_isPrimary");
  const rows = [...Array(objects.rows).keys()].filter((k) => primary[k] === 1);
  const ra = getNumbers(objects, "coord_ra");
  const dec = getNumbers(objects, "coord_dec");
  return { rows, ra: Float64Array.from(rows, (k) => ra[k]!), dec: Float64Array.from(rows, (k) => dec[k]!) };
}

/** PSF flux error of a point source anywhere: the coadd's own variance there, times what measured objects say of the ratio. */
function createNoiseMap(
  band: string,
  measured: Measured,
  errors: ArrayLike<number>,
  variance: CoaddVariance,
) {
  const ratio = medianOf(
    measured.rows.map(
      (row, k) => errors[row]! / Math.sqrt(variance(band, measured.ra[k]!, measured.dec[k]!)),
    ),
  );
  return (raDeg: number, decDeg: number): number => ratio * Math.sqrt(variance(band, raDeg, decDeg));
}

/**
 * Judges an object table against the truth, band by band: completeness of point sources by their true S/N (true flux over the
 * PSF flux error there), false detections of at least 5 sigma (no true source of at least 2 sigma near), and
 * residuals of isolated bright stars.
 */
export function judgeObjects(objects: Table, truth: TruthObjects, variance: CoaddVariance): ObjectJudgement {
  const measured = primaryObjects(objects);
  const truthIndex = createSkyIndex(truth.raDeg, truth.decDeg);
  const residuals: StarResidual[] = [];
  const completeness: CompletenessBin[] = [];
  const spurious = new Map<string, { detections: number; false: number }>();
  for (const [band, flux] of truth.flux) {
    if (!objects.columns.has(`${band}_psfFlux`)) continue;
    const errors = getNumbers(objects, `${band}_psfFluxErr`);
    const noiseAt = createNoiseMap(band, measured, errors, variance);
    const detected = getNumbers(objects, `${band}_detected`);
    const own = measured.rows.flatMap((row, k) => (detected[row] === 1 ? [k] : []));
    const ownIndex = createSkyIndex(
      Float64Array.from(own, (k) => measured.ra[k]!),
      Float64Array.from(own, (k) => measured.dec[k]!),
    );
    completeness.push(...countCompleteness(band, truth, flux, noiseAt, ownIndex));
    spurious.set(band, countSpurious(own, measured, truth, truthIndex, flux, errors));
    residuals.push(...findResiduals(band, objects, measured, truth, truthIndex, flux));
  }
  return { residuals, completeness, spurious };
}

type SkyIndex = ReturnType<typeof createSkyIndex>;

function countCompleteness(
  band: string,
  truth: TruthObjects,
  flux: Float64Array,
  noiseAt: (raDeg: number, decDeg: number) => number,
  detections: SkyIndex,
): CompletenessBin[] {
  const bins = SNR_BINS.map((snr) => ({ band, snr, offered: 0, found: 0 }));
  for (let j = 0; j < truth.count; j++) {
    if (truth.isStar[j] !== 1 || truth.isVariable[j] === 1) continue;
    const noise = noiseAt(truth.raDeg[j]!, truth.decDeg[j]!);
    const bin = bins.find(({ snr }) => Math.abs(flux[j]! / noise / snr - 1) <= 0.06);
    if (bin === undefined) continue;
    bin.offered++;
    if (detections.nearest(truth.raDeg[j]!, truth.decDeg[j]!, MATCH_ARCSEC) !== undefined) bin.found++;
  }
  return bins;
}

function countSpurious(
  own: readonly number[],
  measured: Measured,
  truth: TruthObjects,
  truthIndex: SkyIndex,
  flux: Float64Array,
  errors: ArrayLike<number>,
): { detections: number; false: number } {
  let wrong = 0;
  for (const k of own) {
    const noise = errors[measured.rows[k]!]!;
    const near = truthIndex.within(measured.ra[k]!, measured.dec[k]!, MATCH_ARCSEC);
    if (!near.some((j) => flux[j]! > 2 * noise || truth.isVariable[j] === 1)) wrong++;
  }
  return { detections: own.length, false: wrong };
}

function findResiduals(
  band: string,
  objects: Table,
  measured: Measured,
  truth: TruthObjects,
  truthIndex: SkyIndex,
  flux: Float64Array,
): StarResidual[] {
  const psfFlux = getNumbers(objects, `${band}_psfFlux`);
  const psfFluxErr = getNumbers(objects, `${band}_psfFluxErr`);
  const saturated = objects.columns.has(`${band}_pixelFlags_saturated`)
    ? getNumbers(objects, `${band}_pixelFlags_saturated`)
    : undefined;
  const found: StarResidual[] = [];
  measured.rows.forEach((row, k) => {
    if (!(psfFlux[row]! > BRIGHT_SNR * psfFluxErr[row]!) || saturated?.[row] === 1) return;
    const [ra, dec] = [measured.ra[k]!, measured.dec[k]!];
    const match = truthIndex.nearest(ra, dec, 0.5);
    if (match === undefined || truth.isStar[match.index] !== 1 || truth.isVariable[match.index] === 1) return;
    const j = match.index;
    // A neighbour of more than 1 % within 3 arcsec moves the truth itself: such pairs say nothing of the calibration.
    if (truthIndex.within(ra, dec, 3).some((other) => other !== j && flux[other]! > 0.01 * flux[j]!)) return;
    const cosDec = Math.cos((dec * Math.PI) / 180);
    found.push({
      band,
      magnitude: 31.4 - 2.5 * Math.log10(flux[j]!),
      eastMas: (ra - truth.raDeg[j]!) * cosDec * 3.6e6,
      northMas: (dec - truth.decDeg[j]!) * 3.6e6,
      millimag: -2500 * Math.log10(psfFlux[row]! / flux[j]!),
    });
  });
  return found;
}

/** Headline figures of a judgement over all bands. */
export function summariseObjects(judgement: ObjectJudgement): {
  completeness10: number;
  completeness5: number;
  spurious: number;
  astrometryMas: number;
  photometryMmag: number;
  brightStars: number;
} {
  const share = (snr: number): number => {
    const bins = judgement.completeness.filter((bin) => bin.snr === snr);
    return sum(bins.map((bin) => bin.found)) / sum(bins.map((bin) => bin.offered));
  };
  const false_ = sum([...judgement.spurious.values()].map((band) => band.false));
  const detections = sum([...judgement.spurious.values()].map((band) => band.detections));
  const { residuals } = judgement;
  const east = medianOf(residuals.map((star) => Math.abs(star.eastMas)));
  const north = medianOf(residuals.map((star) => Math.abs(star.northMas)));
  const millimag = residuals.map((star) => star.millimag);
  return {
    completeness10: share(10),
    completeness5: share(5),
    spurious: false_ / detections,
    astrometryMas: Math.max(east, north),
    // Both a common offset and the scatter count.
    photometryMmag: Math.hypot(medianOf(millimag), scatterOf(millimag)),
    brightStars: residuals.length,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
