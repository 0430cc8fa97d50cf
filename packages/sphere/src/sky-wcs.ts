/**
 * A mapping between pixels and the sky. Pixel coordinates are zero-based, with the centre of the first pixel at
 * (0, 0); sky coordinates are ICRS right ascension and declination in degrees, right ascension in [0, 360).
 */
export interface SkyWcs {
  /** Sky position (degrees) of one pixel position. */
  pixelToSky(x: number, y: number): { raDeg: number; decDeg: number };
  /** Pixel position of one sky position (degrees); NaN where the projection does not reach. */
  skyToPixel(raDeg: number, decDeg: number): { x: number; y: number };
  /** Many positions at once, written into the last two arrays (which may be the first two). */
  pixelToSkyArrays(x: Float64Array, y: Float64Array, raDeg: Float64Array, decDeg: Float64Array): void;
  /** Many positions at once, written into the last two arrays (which may be the first two). */
  skyToPixelArrays(raDeg: Float64Array, decDeg: Float64Array, x: Float64Array, y: Float64Array): void;
  /** Pixel scale in arcsec at a pixel position: the square root of the area of one pixel. */
  pixelScaleArcsec(x: number, y: number): number;
  /** The FITS keywords that describe this mapping (CTYPE, CRPIX one-based, CD, SIP or PV), in order. */
  toFitsCards(): ReadonlyArray<readonly [keyword: string, value: string | number]>;
}
