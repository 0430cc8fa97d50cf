/** Error codes of this room, each with what it means and what to do. */
export const SIMULATOR_ERRORS: Readonly<Record<string, string>> = {
  "SIMULATOR.OPTIONS_INVALID":
    "An option of the synthetic survey is out of range; the message names it and says what may be.",
  "SIMULATOR.OTHER_SURVEY":
    "The folder holds a synthetic survey made with other options. Choose another folder, or remove this one.",
  "SIMULATOR.WORKER_FAILED":
    "A worker thread ended before its work was done; the message tells why. Run again: done files are kept.",
};
