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
