/** A rectangle of whole pixels, columns x0 … x0+width−1; the same shape as the `Box` of the images room. */
export interface PixelBox {
  readonly x0: number;
  readonly y0: number;
  readonly width: number;
  readonly height: number;
}
