/** Error codes of this room, each with what it means and what to do. */
export const ALMAGEST_ERRORS: Readonly<Record<string, string>> = {
  "ALMAGEST.USAGE": "The words or options of a command do not fit; the message says which. See --help.",
  "ALMAGEST.REPOSITORY_MISSING":
    "The folder holds no butler.yaml. Give the root of a repository, or make one with `almagest butler create`.",
  "ALMAGEST.FILE_EXISTS":
    "A file that would be written exists already. Say that it may be replaced, or write elsewhere.",
  "ALMAGEST.NO_FILES": "None of the given files could be used; the message lists why. Give FITS frames.",
  "ALMAGEST.CATALOGUE_UNREADABLE":
    "A catalogue cannot be read, or has no position columns. Give Parquet, CSV with a header line, or a FITS table.",
  "ALMAGEST.FRAME_CHANGED":
    "An image file is no longer what it was when it was ingested. Process it into a new folder.",
  "ALMAGEST.RUN_FAILED":
    "Some quanta failed; the table above names them. Look at their logs, mend the cause, run again.",
  "ALMAGEST.WORKFLOW_FILE":
    "A workflow file cannot be read; the message names the place. See `almagest workload submit --help`.",
};
