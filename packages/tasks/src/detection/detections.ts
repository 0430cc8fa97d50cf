/** Sets of pixels as runs along rows: set k owns runs offsets[k] … offsets[k+1]−1; run r is row y[r], columns x0[r] … x1[r] inclusive (parent pixels). */
export interface Footprints {
  readonly count: number;
  readonly offsets: Int32Array;
  readonly y: Int32Array;
  readonly x0: Int32Array;
  readonly x1: Int32Array;
}

/** What was found on an image: one entry per peak in every column, ordered by footprint, in reading order. */
export interface Detections {
  readonly count: number;
  /** Peak positions on the smoothed image, parent pixels, parabola-interpolated. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Smoothed image at the peak as the flux of a point source, image units. */
  readonly peakValue: Float32Array;
  /** Peak value over the true noise of the smoothed image: the S/N of a point source's PSF flux there. */
  readonly significance: Float32Array;
  /** Index of the footprint that holds the peak. */
  readonly footprint: Int32Array;
  /** Connected, grown regions above threshold. */
  readonly footprints: Footprints;
  /** Each peak's own share of its footprint; the segments of one footprint do not overlap and cover it. */
  readonly segments: Footprints;
  /** Measured scatter of the smoothed image's S/N away from sources: above 1 where noise is correlated or understated. */
  readonly noiseScale: number;
}

/** Number of pixels in set `k`. */
export function footprintArea(footprints: Footprints, k: number): number {
  let area = 0;
  for (let r = footprints.offsets[k]!; r < footprints.offsets[k + 1]!; r++) {
    area += footprints.x1[r]! - footprints.x0[r]! + 1;
  }
  return area;
}

/** A result with nothing in it. */
export function noDetections(): Detections {
  const none = (): Footprints => ({
    count: 0,
    offsets: new Int32Array(1),
    y: new Int32Array(0),
    x0: new Int32Array(0),
    x1: new Int32Array(0),
  });
  return {
    count: 0,
    x: new Float64Array(0),
    y: new Float64Array(0),
    peakValue: new Float32Array(0),
    significance: new Float32Array(0),
    footprint: new Int32Array(0),
    footprints: none(),
    segments: none(),
    noiseScale: 1,
  };
}
