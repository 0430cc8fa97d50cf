/** A rectangle of whole pixels: columns x0 … x0+width−1, rows y0 … y0+height−1. A pixel's centre has integer coordinates. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly width: number;
  readonly height: number;
}
