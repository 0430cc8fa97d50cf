/** One plane of a picture's source pixels, row-major, first row at the bottom of the sky image. NaN where nothing is known. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** A finished picture: 8-bit RGB or grey, first row at the top as screens want it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}
