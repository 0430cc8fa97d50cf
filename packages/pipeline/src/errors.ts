/** Error codes of this room, each with what it means and what to do. */
export const PIPELINE_ERRORS: Readonly<Record<string, string>> = {
  "PIPELINE.YAML_INVALID":
    "A pipeline file is not YAML, or holds a key or value of the wrong form; the message names file and line.",
  "PIPELINE.FILE_MISSING":
    "A pipeline file, or one that it imports, cannot be read. Check the path and the variables in it.",
  "PIPELINE.IMPORT_CONFLICT":
    "Two imports, or an import and its options, contradict each other: the same label twice, or both include and exclude.",
  "PIPELINE.LABEL_UNKNOWN":
    "No task or subset of that label is in the pipeline; the message lists the nearest ones.",
  "PIPELINE.TASK_UNKNOWN":
    "A task class of the pipeline has no counterpart in the task table. Leave the label out, or add a task for it.",
  "PIPELINE.CONFIG_UNKNOWN":
    "A configuration field does not exist; the message gives label, dotted path and near names.",
  "PIPELINE.CONFIG_INVALID":
    "A configuration value is not allowed; the message gives label, dotted path and reason.",
  "PIPELINE.CONFIG_PYTHON":
    "A config block holds Python, which is never executed. Write the same settings as plain fields in YAML.",
  "PIPELINE.CONFIG_CHANGED":
    "The output run was made with another configuration of this task. Use a new run, or the old configuration.",
  "PIPELINE.PARAMETER_UNKNOWN": "A config value refers to a pipeline parameter that is not defined.",
  "PIPELINE.CONTRACT_BROKEN":
    "The configurations of several tasks do not fit together; the message states the contract.",
  "PIPELINE.CONTRACT_PYTHON":
    "A contract uses Python beyond comparisons of config fields, so it cannot be checked. Rewrite or remove it.",
  "PIPELINE.TEMPLATE_UNSET":
    "A dataset type name holds a {template} without value. Set connections.<template> in the config.",
  "PIPELINE.TWO_PRODUCERS":
    "Two tasks would write the same dataset type. Rename one task's output connection.",
  "PIPELINE.CYCLE": "Tasks depend on each other in a circle; the message lists them.",
  "PIPELINE.TYPE_MISMATCH":
    "Two connections (or a connection and the repository) disagree on a dataset type's dimensions or storage class.",
  "PIPELINE.PREREQUISITE_PRODUCED":
    "A dataset type is a prerequisite of one task and an output or plain input of another. Run the producer as an earlier pipeline.",
  "PIPELINE.EXPRESSION_INVALID": "A task selection cannot be read; the message points at the place.",
  "PIPELINE.PREREQUISITE_MISSING":
    "A prerequisite (calibration, sky map, reference catalogue) is not in the input collections for some data. Make or certify it, or narrow the data query.",
  "PIPELINE.OUTPUT_EXISTS":
    "The output run already holds outputs of quanta that would run. Ask to skip existing ones or to clobber, or use a new run.",
  "PIPELINE.RUN_INVALID":
    "The options of a run contradict each other, or name no output; the message says which.",
  "PIPELINE.WORKER_LOST":
    "A worker ended while it ran a quantum (exit, out of memory). The quantum failed, others went on.",
  "PIPELINE.MEMORY_EXCEEDED":
    "A quantum needed more memory than it was allowed. Allow more, or give it less to do at once.",
  "PIPELINE.TIMEOUT": "A quantum took longer than allowed and was stopped.",
  "PIPELINE.RUNTIME_INVALID": "The runtime module does not export `tasks` and `formatters`.",
  "PIPELINE.OUTPUT_INVALID":
    "A task returned an output that it did not declare, or a list of the wrong length.",
  "PIPELINE.FORMAT_INVALID":
    "A stored dataset is not of the form its formatter writes; the message names the file.",
  "PIPELINE.QG_INVALID":
    "A file is not a predicted quantum graph of the present format (.qg, version 1), or is damaged; the message says where.",
  "PIPELINE.QUANTUM_UNKNOWN": "A quantum graph file has no quantum of that id.",
  "PIPELINE.DATASET_UNKNOWN":
    "No dataset of the repository has this id. List datasets with their ids by `butler query-datasets --json`.",
  "PIPELINE.INPUTS_PENDING":
    "Chosen quanta of a stored graph read what other quanta of it have not made yet. Run those first, or all of it.",
  "PIPELINE.COMMAND_FAILED":
    "The program of a command task ended with an exit code other than 0; the message holds the last line of what it complained.",
  "PIPELINE.INIT_INPUT_MISSING":
    "A task begins with a dataset that no task of the pipeline makes and that no input collection holds. Add the collection, or the task that makes it.",
  "PIPELINE.UNSUPPORTED": "A feature of the original that is not available here; the message names it.",
};
