/** Throughput, sky and air in one passband; values near those published for LSST. */
export interface Band {
  readonly name: string;
  /** AB magnitude of a source that gives one electron per second above the atmosphere. */
  readonly zeroPointMag: number;
  /** Dark sky, AB magnitudes per square arcsec. */
  readonly skyMag: number;
  /** Magnitudes of extinction per airmass. */
  readonly extinctionMag: number;
}

/** The passbands by name. */
export const BANDS: ReadonlyMap<string, Band> = new Map(
  (
    [
      ["u", 27.03, 22.95, 0.49],
      ["g", 28.38, 22.24, 0.21],
      ["r", 28.16, 21.2, 0.13],
      ["i", 27.85, 20.47, 0.1],
      ["z", 27.46, 19.6, 0.07],
      ["y", 26.68, 18.63, 0.17],
    ] as const
  ).map(([name, zeroPointMag, skyMag, extinctionMag]) => [
    name,
    { name, zeroPointMag, skyMag, extinctionMag },
  ]),
);

/** Flux in nJy of an AB magnitude. */
export function magToNanojansky(mag: number): number {
  return 10 ** (0.4 * (31.4 - mag));
}

/** AB magnitude of a flux in nJy. */
export function nanojanskyToMag(flux: number): number {
  return 31.4 - 2.5 * Math.log10(flux);
}
