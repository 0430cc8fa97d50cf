/** Error codes of this room, each with what it means and what to do. */
export const SPHERE_ERRORS: Readonly<Record<string, string>> = {
  "SPHERE.WCS_MISSING":
    "A header has no celestial coordinates (CTYPE1/2 with RA and DEC). Give an image with a WCS, or solve its position first.",
  "SPHERE.WCS_INVALID":
    "A header's celestial coordinates contradict themselves or hold a value of the wrong type; the message names the keyword.",
  "SPHERE.WCS_UNSUPPORTED":
    "A header uses a projection, distortion or coordinate frame this program does not know. Convert the WCS to TAN, TAN-SIP or TPV.",
  "SPHERE.WCS_FIT":
    "A TAN-SIP mapping cannot be fitted: too few points for the order, or all on one line. Give more matches or a lower order.",
  "SPHERE.REGION_INVALID":
    "Bytes or numbers do not describe a region on the sky; the message says what is wrong with them.",
  "SPHERE.PIXELIZATION_INVALID":
    "A HEALPix or HTM level or pixel number is out of range. Use levels 0 to 24 (HTM) or 0 to 17 (HEALPix).",
  "SPHERE.SKYMAP_INVALID":
    "A sky map's configuration is not complete or out of range, or a tract or patch is not in it; the message names the field.",
  "SPHERE.TIME_INVALID":
    "A text or number is not a time this program reads. Write UTC as 2026-01-31T12:34:56.789, or a modified Julian date.",
};
