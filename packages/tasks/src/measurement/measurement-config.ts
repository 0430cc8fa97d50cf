/** How sources are measured. */
export interface MeasurementConfig {
  /** Radii of circular apertures, pixels, rising. */
  readonly apertureRadii: readonly number[];
  /** The Kron flux reaches to this many Kron radii … */
  readonly kronFactor: number;
  /** … but at least this many times the moments' ellipse. */
  readonly kronMinimum: number;
  /** A centroid may move this many PSF sigmas from its peak. */
  readonly maximumShift: number;
  /** Largest width that adaptive moments may reach, pixels. */
  readonly maximumSize: number;
  /** Planes whose pixels are left out of PSF fits and local sky. */
  readonly badPlanes: readonly string[];
  /** Point sources closer than this many PSF sigmas are fitted together. */
  readonly linkSigma: number;
  /** The same within one footprint, where templates would share out wings unevenly. */
  readonly siblingSigma: number;
  /** Rounds in which the positions of blended point sources move. */
  readonly positionRounds: number;
  /** Blended sources fainter than this S/N keep their position. */
  readonly positionSnr: number;
  /** Sources beyond this size excess (in PSF variances) do not take part in joint fits. */
  readonly blendSizeExcess: number;
  /** Extended: size excess above this share of the PSF's variance … */
  readonly extendedSize: number;
  /** … and above this many of its standard errors. */
  readonly extendedSigma: number;
  /** Whether to fit blended point sources together. */
  readonly fitBlends: boolean;
  /** Whether to measure Kron fluxes. */
  readonly kron: boolean;
  /** The caller knows that image and variance have no NaN and no infinity, and need not be searched for them. */
  readonly finite: boolean;
  /** Whether to measure the sky around each source. */
  readonly localBackground: boolean;
  /** Multiply errors by the noise scale that detection measured on the sky. */
  readonly rescaleErrors: boolean;
  /** Gaussian width for centroids where the PSF is unknown, pixels. */
  readonly fallbackSigma: number;
  /** Unit written to the flux columns. */
  readonly fluxUnit: string;
}

/** The defaults. */
export const DEFAULT_MEASUREMENT: MeasurementConfig = {
  apertureRadii: [3, 4.5, 6, 9, 12, 17, 25],
  kronFactor: 2.5,
  kronMinimum: 3.5,
  maximumShift: 2,
  maximumSize: 40,
  badPlanes: ["BAD", "SAT", "NO_DATA"],
  linkSigma: 6,
  siblingSigma: 10,
  positionRounds: 5,
  positionSnr: 8,
  blendSizeExcess: 0.1,
  extendedSize: 0.04,
  extendedSigma: 3,
  fitBlends: true,
  kron: true,
  finite: false,
  localBackground: true,
  rescaleErrors: true,
  fallbackSigma: 2,
  fluxUnit: "electron",
};
