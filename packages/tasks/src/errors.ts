/** Every error code of the tasks room: what it means and what to do. */
export const TASKS_ERRORS: Readonly<Record<string, string>> = {
  "TASKS.RAW_GEOMETRY":
    "The stored pixels of an amplifier do not hold the imaging region that the camera describes; check the camera's description.",
  "TASKS.CALIBRATION_SIZE":
    "A bias, dark or flat frame covers other pixels than the detector; give a frame of this detector, read out the same way.",
  "TASKS.FOOTPRINT_TOO_LARGE":
    "A connected region above the detection threshold covers millions of pixels; subtract the background before detecting, or mask the bad region.",
  "TASKS.REFERENCE_COLUMNS":
    "A reference catalogue has no position columns known here; the message lists what it has. Name them ra and dec, or coord_ra and coord_dec.",
  "TASKS.NO_FRAMES":
    "No usable frame is left to combine (none given, or all too short, too faint or saturated); give more or better ones.",
  "TASKS.PSF_NO_STARS":
    "No star is fit for a PSF model: lower the S/N limit of the star selection, or look why the image has no clean stars.",
  "TASKS.NO_WCS": "An image has no WCS and cannot be placed on the sky; solve its astrometry first.",
  "TASKS.NOT_CALIBRATED":
    "An image is neither in nJy nor has a photometric scale; calibrate its photometry before it is stacked.",
  "TASKS.ASTROMETRY_FAILED":
    "The positions of an image could not be matched to the reference catalogue; check pointing, pixel scale and coverage, or set requireAstrometry to false.",
  "TASKS.SNAPS_UNSUPPORTED": "A visit is made of several exposures; define visits of one exposure each.",
};
