import { AlmagestError } from "@almagest/base";

/** Throws `KERNELS.SIZE_MISMATCH` unless `plane` has width × height elements. */
export function checkPlane(name: string, plane: ArrayLike<number>, width: number, height: number): void {
  if (plane.length !== width * height) {
    throw new AlmagestError(
      "KERNELS.SIZE_MISMATCH",
      `${name} has ${plane.length} pixels where ${width} × ${height} are needed; pass planes of one size.`,
      { fields: { name, length: plane.length, width, height } },
    );
  }
}

/** Throws `KERNELS.KERNEL_SIZE` unless the size is odd, 1 to 63, and (when square) `length` is its square. */
export function checkKernelSize(name: string, length: number, size?: number): void {
  const side = size ?? length;
  const fits = size === undefined || length === size * size;
  if (!Number.isInteger(side) || side < 1 || side > 63 || side % 2 === 0 || !fits) {
    throw new AlmagestError(
      "KERNELS.KERNEL_SIZE",
      `${name} has ${length} elements; a kernel's side must be odd and at most 63.`,
      { fields: { name, length, size: side } },
    );
  }
}

/** Throws `KERNELS.SAME_MEMORY` when two planes share memory. */
export function checkApart(src: Float32Array, dst: Float32Array): void {
  const apart =
    src.buffer !== dst.buffer ||
    src.byteOffset + src.byteLength <= dst.byteOffset ||
    dst.byteOffset + dst.byteLength <= src.byteOffset;
  if (apart) return;
  throw new AlmagestError(
    "KERNELS.SAME_MEMORY",
    "src and dst share memory; give the result a plane of its own.",
  );
}

/** Throws `KERNELS.BOX_SIZE` unless the side of a box is a whole number of pixels. */
export function checkBoxSize(boxSize: number): void {
  if (Number.isSafeInteger(boxSize) && boxSize > 0) return;
  throw new AlmagestError(
    "KERNELS.BOX_SIZE",
    `A box cannot be ${boxSize} pixels wide; give a whole number above 0.`,
    {
      fields: { boxSize },
    },
  );
}

/** Throws `KERNELS.SIZE_MISMATCH` unless a plane of `length` pixels, `stride` per row, holds the rectangle. */
export function checkRectangle(
  name: string,
  length: number,
  stride: number,
  rectangle: { readonly x0: number; readonly y0: number; readonly width: number; readonly height: number },
): void {
  const { x0, y0, width, height } = rectangle;
  const whole = [x0, y0, width, height, stride].every(Number.isSafeInteger);
  const inside = x0 >= 0 && y0 >= 0 && width >= 0 && height >= 0 && x0 + width <= stride;
  if (whole && inside && (y0 + height) * stride <= length + stride - x0 - width) return;
  throw new AlmagestError(
    "KERNELS.SIZE_MISMATCH",
    `${name} has ${length} pixels, ${stride} per row; it does not hold ${width} × ${height} pixels at (${x0}, ${y0}).`,
    { fields: { name, length, stride, ...rectangle } },
  );
}
