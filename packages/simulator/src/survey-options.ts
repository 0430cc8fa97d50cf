import { AlmagestError } from "@almagest/base";
import { DEFAULT_SIMCAM_OPTIONS, type SimCamOptions, simCamOptionsSchema } from "@almagest/instruments";
import { BANDS } from "./optics/bands.ts";

/** Everything that determines a synthetic survey; equal options give bit-identical files. */
export interface SurveyOptions {
  readonly seed: number;
  readonly camera: SimCamOptions;
  /** Some of u, g, r, i, z, y. */
  readonly bands: readonly string[];
  readonly visitsPerBand: number;
  readonly raDeg: number;
  readonly decDeg: number;
  /** Visits are moved about the field centre within this radius, and turned within ± this angle. */
  readonly ditherArcsec: number;
  readonly rotationRangeDeg: number;
  readonly exposureSec: number;
  /** First observing day, YYYYMMDD; one visit per band and night, nights this many days apart. */
  readonly firstDay: number;
  readonly daysBetweenNights: number;
  /** Stars between the two magnitudes (r), and galaxies between 18 and 26.5 (i), per square arcmin. */
  readonly starsPerArcmin2: number;
  readonly brightestStarMag: number;
  readonly faintestStarMag: number;
  readonly galaxiesPerArcmin2: number;
  /** How many of each in the field. */
  readonly rrLyrae: number;
  readonly eclipsingBinaries: number;
  readonly supernovae: number;
  readonly movers: number;
  /** Median seeing at the zenith (FWHM). */
  readonly seeingArcsec: number;
  /** Scatter of the pointing about what the header says, per axis. */
  readonly pointingErrorArcsec: number;
  readonly biases: number;
  readonly darks: number;
  readonly darkSec: number;
  /** Flats per band, and their level. */
  readonly flats: number;
  readonly flatElectrons: number;
  readonly cosmicRays: boolean;
  /** Photon and read noise; without it frames hold the expected electrons. */
  readonly noise: boolean;
}

/** The survey of the demonstration: 15 visits of a field of 7′ in g, r, i, with their calibration frames. */
export const DEFAULT_SURVEY_OPTIONS: SurveyOptions = {
  seed: 2026,
  camera: DEFAULT_SIMCAM_OPTIONS,
  bands: ["g", "r", "i"],
  visitsPerBand: 5,
  raDeg: 150.1,
  decDeg: 2.2,
  ditherArcsec: 40,
  rotationRangeDeg: 10,
  exposureSec: 30,
  firstDay: 20260115,
  daysBetweenNights: 4,
  starsPerArcmin2: 30,
  brightestStarMag: 14.5,
  faintestStarMag: 27,
  galaxiesPerArcmin2: 60,
  rrLyrae: 12,
  eclipsingBinaries: 12,
  supernovae: 16,
  movers: 8,
  seeingArcsec: 0.75,
  pointingErrorArcsec: 2,
  biases: 4,
  darks: 3,
  darkSec: 120,
  flats: 3,
  flatElectrons: 30_000,
  cosmicRays: true,
  noise: true,
};

/** Options with what is not given taken from the default survey. Throws `SIMULATOR.OPTIONS_INVALID` naming the option. */
export function createSurveyOptions(
  changes: Partial<Omit<SurveyOptions, "camera">> & { readonly camera?: Partial<SimCamOptions> } = {},
): SurveyOptions {
  const camera = { ...DEFAULT_SURVEY_OPTIONS.camera, ...changes.camera };
  const options: SurveyOptions = { ...DEFAULT_SURVEY_OPTIONS, ...changes, camera };
  const parsed = simCamOptionsSchema.safeParse(camera);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalid(`camera.${issue.path.join(".")}`, issue.message);
  }
  if (options.bands.length === 0 || new Set(options.bands).size < options.bands.length) {
    throw invalid("bands", "give each band once");
  }
  for (const band of options.bands) {
    if (!BANDS.has(band))
      throw invalid("bands", `there is no band ${band}; there are ${[...BANDS.keys()].join(", ")}`);
  }
  for (const [name, [low, high, whole]] of Object.entries(LIMITS)) {
    const value = options[name as keyof typeof LIMITS];
    if (!(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
      throw invalid(name, `${value} is not ${whole ? "a whole number " : ""}between ${low} and ${high}`);
    }
  }
  return options;
}

/** Smallest and largest value of each numeric option, and whether it is a count. */
const LIMITS = {
  seed: [0, Number.MAX_SAFE_INTEGER, true],
  visitsPerBand: [0, 10_000, true],
  raDeg: [0, 360, false],
  decDeg: [-85, 85, false],
  ditherArcsec: [0, 7200, false],
  rotationRangeDeg: [0, 180, false],
  exposureSec: [0, 3600, false],
  firstDay: [19_720_101, 20_991_231, true],
  daysBetweenNights: [1, 365, true],
  starsPerArcmin2: [0, 5000, false],
  brightestStarMag: [5, 30, false],
  faintestStarMag: [10, 30, false],
  galaxiesPerArcmin2: [0, 5000, false],
  rrLyrae: [0, 100_000, true],
  eclipsingBinaries: [0, 100_000, true],
  supernovae: [0, 100_000, true],
  movers: [0, 100_000, true],
  seeingArcsec: [0.2, 10, false],
  pointingErrorArcsec: [0, 600, false],
  biases: [0, 1000, true],
  darks: [0, 1000, true],
  darkSec: [0, 7200, false],
  flats: [0, 1000, true],
  flatElectrons: [0, 80_000, false],
} as const satisfies Partial<Record<keyof SurveyOptions, readonly [number, number, boolean]>>;

function invalid(option: string, why: string): AlmagestError {
  return new AlmagestError("SIMULATOR.OPTIONS_INVALID", `Survey option ${option}: ${why}.`, {
    fields: { option },
  });
}
