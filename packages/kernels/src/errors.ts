/** Error codes of this room, each with what it means and what to do. */
export const KERNELS_ERRORS: Readonly<Record<string, string>> = {
  "KERNELS.SIZE_MISMATCH":
    "Planes given to a kernel differ in size. Pass planes of the stated width and height.",
  "KERNELS.KERNEL_SIZE":
    "A convolution kernel has an even, too large or non-square size. Use an odd side of at most 63.",
  "KERNELS.SAME_MEMORY": "A kernel was to write where it still reads. Give the result a plane of its own.",
  "KERNELS.BOX_SIZE": "A mesh box has no whole number of pixels as its side. Give a whole number above 0.",
  "KERNELS.TOO_MANY_INPUTS":
    "More images were given to a stack than it takes in one pass. Stack at most 64 at a time.",
  "KERNELS.GRID_TOO_SMALL":
    "The grid of source coordinates does not cover the output. Sample it to the last output row and column or beyond.",
  "KERNELS.NOT_POWER_OF_TWO":
    "A Fourier transform was asked for a size that is no power of two. Pad the data.",
};
