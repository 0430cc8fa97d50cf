/** A square stamp of a point source, row-major, odd `size`, its centre pixel in the middle. */
export interface PsfStamp {
  readonly size: number;
  readonly data: Float32Array;
}

/** How a point source looks anywhere on an image. Positions are parent pixel coordinates (zero-based centres). */
export interface Psf {
  /** The kind, as written to files: `gaussian`, `pixel-grid`, `coadd`. */
  readonly kind: string;
  /** Stamp at (x, y) centred on its middle pixel, summing to 1. */
  kernelAt(x: number, y: number): PsfStamp;
  /** Stamp at (x, y) shifted to the sub-pixel phase of (x, y): middle pixel is (round x, round y); sums to 1. */
  imageAt(x: number, y: number): PsfStamp;
  /** Standard deviation, in pixels, of the Gaussian with the same adaptive second moments at (x, y). */
  sigmaAt(x: number, y: number): number;
}
