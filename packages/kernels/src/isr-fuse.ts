import { checkPlane, checkRectangle } from "./check-plane.ts";
import { isrFuseRows } from "./strips/isr-rows.ts";

/** One amplifier's stored pixels and where its imaging pixels land. Signals and overscans in ADU. */
export interface IsrAmplifierInput {
  /** Stored pixels, `rawStride` per row. */
  readonly raw: Uint16Array | Int16Array | Int32Array | Float32Array;
  readonly rawStride: number;
  /** The imaging part of the stored pixels. */
  readonly rawX0: number;
  readonly rawY0: number;
  readonly width: number;
  readonly height: number;
  /** Level to subtract per imaging row (stored order), `height` long. */
  readonly rowLevel?: Float32Array;
  /** Level to subtract per imaging column (stored order), `width` long. */
  readonly columnLevel?: Float32Array;
  /** Electrons per ADU. */
  readonly gain: number;
  /** Electrons. */
  readonly readNoise: number;
  /** ADU above the subtracted levels at and beyond which a pixel is saturated. */
  readonly saturationAdu: number;
  /** First pixel (lowest x and y) of the amplifier on the assembled detector, and whether its rows or columns run backwards. */
  readonly dstX0: number;
  readonly dstY0: number;
  readonly flipX: boolean;
  readonly flipY: boolean;
}

/** The assembled detector: calibration planes read, result planes written, all `stride` pixels per row. */
export interface IsrDetectorPlanes {
  readonly stride: number;
  readonly image: Float32Array;
  readonly variance: Float32Array;
  /** Bits are added to what is there. */
  readonly mask: Uint32Array;
  /** Times `biasScale` gives electrons (so pass the gain as scale for a bias in ADU). */
  readonly bias?: Float32Array;
  readonly biasScale?: number;
  /** Times `darkScale` gives electrons: seconds for a dark in electrons per second. */
  readonly dark?: Float32Array;
  readonly darkScale?: number;
  /** Relative response, near 1. */
  readonly flat?: Float32Array;
  /** Mask bits (not bit numbers) for saturated pixels, and for those without a finite value or a positive flat. */
  readonly saturatedBits: number;
  readonly badBits: number;
}

/**
 * Instrument signature removal in one pass over one amplifier, in electrons:
 * e = (raw − rowLevel − columnLevel)·gain − bias·biasScale; image = (e − dark·darkScale)/flat;
 * variance = (max(e, 0) + readNoise²)/flat². Pixels not finite or with a flat ≤ 0 become 0, variance 0, `badBits`.
 * All arithmetic is f32 in the order written. Throws `KERNELS.SIZE_MISMATCH` where a rectangle leaves its plane.
 */
export function isrFuse(amplifier: IsrAmplifierInput, planes: IsrDetectorPlanes): void {
  const { width, height } = amplifier;
  const stored = { x0: amplifier.rawX0, y0: amplifier.rawY0, width, height };
  checkRectangle("raw", amplifier.raw.length, amplifier.rawStride, stored);
  const placed = { x0: amplifier.dstX0, y0: amplifier.dstY0, width, height };
  for (const name of ["image", "variance", "mask", "bias", "dark", "flat"] as const) {
    const plane = planes[name];
    if (plane) checkRectangle(name, plane.length, planes.stride, placed);
  }
  if (amplifier.rowLevel) checkPlane("rowLevel", amplifier.rowLevel, 1, height);
  if (amplifier.columnLevel) checkPlane("columnLevel", amplifier.columnLevel, width, 1);
  isrFuseRows(amplifier, planes);
}
