/** Error codes of this room, each with what it means and what to do. */
export const INSTRUMENTS_ERRORS: Readonly<Record<string, string>> = {
  "INSTRUMENTS.HEADER_INVALID":
    "A header lacks a card the instrument's files must have, or it holds a value that cannot be; the message names file and card.",
  "INSTRUMENTS.UNKNOWN":
    "No known instrument writes such headers. Give the files to `almagest process`, which reads any telescope's frames.",
  "INSTRUMENTS.DETECTOR_MISSING": "The file or camera has no such detector; the message lists those it has.",
  "INSTRUMENTS.RAW_INVALID":
    "A raw file's extensions do not fit the camera (a missing amplifier, another size). It may be truncated or of another setup.",
  "INSTRUMENTS.FRAME_UNREADABLE":
    "A frame is of a kind that has no image to read this way (a catalogue, a mask, or not FITS); the message says which.",
};
