import { AlmagestError } from "@almagest/base";
import type { Box } from "../box.ts";
import { boxContainsBox } from "../box-algebra.ts";
import type { Exposure, Image, Mask, MaskedImage } from "../exposure.ts";

function checkInside(outer: Box, inner: Box): void {
  if (boxContainsBox(outer, inner)) return;
  throw new AlmagestError(
    "IMAGES.BOX_OUTSIDE",
    `The box ${inner.width} × ${inner.height} at (${inner.x0}, ${inner.y0}) is not inside the image, ${outer.width} × ${outer.height} at (${outer.x0}, ${outer.y0}); intersect it first.`,
    { fields: { inner, outer } },
  );
}

function copyRows<T extends Float32Array | Uint32Array>(
  from: T,
  fromBox: Box,
  to: T,
  toBox: Box,
  box: Box,
): void {
  for (let y = 0; y < box.height; y++) {
    const start = (box.y0 + y - fromBox.y0) * fromBox.width + box.x0 - fromBox.x0;
    const target = (box.y0 + y - toBox.y0) * toBox.width + box.x0 - toBox.x0;
    to.set(from.subarray(start, start + box.width), target);
  }
}

/** A copy of part of an image. Throws `IMAGES.BOX_OUTSIDE`. */
export function cutImage(image: Image, bbox: Box): Image {
  checkInside(image.bbox, bbox);
  const data = new Float32Array(bbox.width * bbox.height);
  copyRows(image.data, image.bbox, data, bbox, bbox);
  return { bbox, data };
}

/** A copy of part of a mask. Throws `IMAGES.BOX_OUTSIDE`. */
export function cutMask(mask: Mask, bbox: Box): Mask {
  checkInside(mask.bbox, bbox);
  const data = new Uint32Array(bbox.width * bbox.height);
  copyRows(mask.data, mask.bbox, data, bbox, bbox);
  return { bbox, data, planes: mask.planes };
}

/** A copy of part of image, mask and variance. Throws `IMAGES.BOX_OUTSIDE`. */
export function cutMaskedImage(source: MaskedImage, bbox: Box): MaskedImage {
  return {
    bbox,
    image: cutImage(source.image, bbox),
    mask: cutMask(source.mask, bbox),
    variance: cutImage(source.variance, bbox),
  };
}

/** Part of an exposure: pixels copied, everything else (in parent coordinates anyway) shared. Throws `IMAGES.BOX_OUTSIDE`. */
export function cutExposure(exposure: Exposure, bbox: Box): Exposure {
  return { ...exposure, ...cutMaskedImage(exposure, bbox) };
}

/** Writes an image's pixels into the place of a larger one. Throws `IMAGES.BOX_OUTSIDE`. */
export function pasteImage(target: Image, source: Image): void {
  checkInside(target.bbox, source.bbox);
  copyRows(source.data, source.bbox, target.data, target.bbox, source.bbox);
}

/** Writes image, mask and variance into the place of a larger one. Throws `IMAGES.BOX_OUTSIDE`. */
export function pasteMaskedImage(target: MaskedImage, source: MaskedImage): void {
  pasteImage(target.image, source.image);
  pasteImage(target.variance, source.variance);
  copyRows(source.mask.data, source.bbox, target.mask.data, target.bbox, source.bbox);
}
