/** Error codes of this room, each with what it means and what to do. */
export const IMAGES_ERRORS: Readonly<Record<string, string>> = {
  "IMAGES.BOX_INVALID": "A box has a fractional or negative size or position. Use whole numbers.",
  "IMAGES.BOX_OUTSIDE":
    "A box reaches beyond the image it is cut from. Intersect it with the image's box first.",
  "IMAGES.SIZE_MISMATCH": "An array of pixels does not fill its box. Give width × height pixels.",
  "IMAGES.MASK_PLANE_UNKNOWN":
    "A mask plane was named that the mask does not have. The message lists those it has.",
  "IMAGES.MASK_FULL": "A mask has no free bit for one more plane. Drop one of its 32 planes.",
  "IMAGES.APERTURE_CORRECTION_UNKNOWN":
    "A flux has no aperture correction. The message lists those that have one.",
  "IMAGES.PSF_INVALID": "The numbers of a PSF do not fit its order and stamp size.",
  "IMAGES.PSF_KIND_UNKNOWN": "A PSF is of a kind that files cannot hold. The message lists those they can.",
  "IMAGES.FILE_INVALID":
    "A file does not hold what it should. Write it again, or read it with the program that wrote it.",
  "IMAGES.PSF_OUTSIDE":
    "A coadd's PSF was asked for where no input has data. Measure only where there are data.",
  "IMAGES.FIT_EMPTY": "A surface was to be fitted without one usable sample. Check the mask.",
};
