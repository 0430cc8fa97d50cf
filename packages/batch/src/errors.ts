/** Every error code of this room: what it means and what to do. */
export const BATCH_ERRORS: Readonly<Record<string, string>> = {
  "BATCH.CLUSTER_CYCLE":
    "Jobs of the given clusters would wait for each other. Add a task to a cluster or take one out; the message names the cycle.",
  "BATCH.CLUSTER_INVALID":
    "A cluster definition of the submit file contradicts itself, or names a task twice. The message says which.",
  "BATCH.COMMAND_FAILED": "A program of the workload system failed; its message follows.",
  "BATCH.CONFIG_INVALID":
    "A value of the submit file is missing or of the wrong kind. The message says which.",
  "BATCH.INTERRUPTED":
    "A job was stopped from outside before its end. Run it again, or the whole submission by `bps restart`.",
  "BATCH.SUBMISSION_EXISTS":
    "The submit folder holds jobs that were handed over before. Go on with them by `bps restart`, or give another output run.",
  "BATCH.SUBMISSION_MISSING":
    "The folder holds no submission. Give the submit folder that `bps prepare` printed.",
  "BATCH.SYSTEM_UNKNOWN":
    "The submit file names a workload system that is not known. The message lists those that are.",
  "BATCH.UNSUPPORTED": "This workload system cannot do what was asked; the message says what to do instead.",
  "BATCH.YAML_INVALID":
    "A submit file is not valid YAML, or an included file is missing. The message gives the line.",
};
