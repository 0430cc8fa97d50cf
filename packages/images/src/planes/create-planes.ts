import { AlmagestError } from "@almagest/base";
import type { Box } from "../box.ts";
import type { Image, Mask, MaskedImage } from "../exposure.ts";
import { MASK_PLANES } from "./mask-planes.ts";

/** How pixel memory is made. */
export interface PlaneOptions {
  /** In a SharedArrayBuffer, so that worker threads see the same pixels; false if not given. */
  readonly shared?: boolean;
}

function allocate(box: Box, shared: boolean): ArrayBufferLike {
  const { x0, y0, width, height } = box;
  const valid = [x0, y0, width, height].every(Number.isSafeInteger) && width >= 0 && height >= 0;
  if (!valid) {
    throw new AlmagestError(
      "IMAGES.BOX_INVALID",
      `A box of ${box.width} × ${box.height} at (${box.x0}, ${box.y0}) cannot hold pixels; use whole numbers.`,
      { fields: { ...box } },
    );
  }
  const bytes = box.width * box.height * 4;
  return shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

/** An image of zeros, or around existing pixels (kept, not copied). Throws `IMAGES.BOX_INVALID`, `IMAGES.SIZE_MISMATCH`. */
export function createImage(bbox: Box, data?: Float32Array, options: PlaneOptions = {}): Image {
  if (data) checkLength("image", bbox, data.length);
  return { bbox, data: data ?? new Float32Array(allocate(bbox, options.shared ?? false)) };
}

/** A mask of zeros with the standard planes, or around existing pixels and planes. Throws as `createImage`. */
export function createMask(
  bbox: Box,
  data?: Uint32Array,
  planes: ReadonlyMap<string, number> = MASK_PLANES,
  options: PlaneOptions = {},
): Mask {
  if (data) checkLength("mask", bbox, data.length);
  return { bbox, data: data ?? new Uint32Array(allocate(bbox, options.shared ?? false)), planes };
}

/** Image, mask and variance of one box, zeros where no plane is given. Throws as `createImage`. */
export function createMaskedImage(
  bbox: Box,
  planes: { image?: Image; mask?: Mask; variance?: Image } = {},
  options: PlaneOptions = {},
): MaskedImage {
  for (const [name, plane] of Object.entries(planes)) checkLength(name, bbox, plane.data.length);
  return {
    bbox,
    image: planes.image ?? createImage(bbox, undefined, options),
    mask: planes.mask ?? createMask(bbox, undefined, MASK_PLANES, options),
    variance: planes.variance ?? createImage(bbox, undefined, options),
  };
}

function checkLength(name: string, bbox: Box, length: number): void {
  if (length === bbox.width * bbox.height) return;
  throw new AlmagestError(
    "IMAGES.SIZE_MISMATCH",
    `The ${name} has ${length} pixels where its box of ${bbox.width} × ${bbox.height} needs ${bbox.width * bbox.height}.`,
    { fields: { name, length, ...bbox } },
  );
}
