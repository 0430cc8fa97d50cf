/** Every error code of this room, with what it means and what to do. */
export const WORKLOAD_ERRORS: Readonly<Record<string, string>> = {
  "WORKLOAD.TRANSITION":
    "Something was to change in a way its state machine forbids. This is a bug or a damaged database; report it with the log.",
  "WORKLOAD.VERSION":
    "The database was made by a version of the workload manager whose tables differ. Use that version, or a new database.",
  "WORKLOAD.SUBMIT_CONFLICT":
    "A workflow was submitted before under the same key with other contents. Use a new key, or submit the same workflow.",
  "WORKLOAD.WORKFLOW_INVALID":
    "A workflow cannot be accepted: a task or parent that does not exist, a parent after its child, a wrong count. The message names the job.",
  "WORKLOAD.GRAPH_CYCLE": "Jobs wait for each other in a circle; the message names some. Break the circle.",
  "WORKLOAD.QUEUE_UNKNOWN": "There is no queue of this name. Define it first, or check its spelling.",
  "WORKLOAD.NOT_FOUND": "There is no workflow, task, job or attempt of this id or name.",
  "WORKLOAD.RETRY_RULE_INVALID":
    "A retry rule has an unknown action or a pattern that is no regular expression.",
  "WORKLOAD.SUPERSEDED":
    "Another workload manager was opened on the same database, so this one may not write any more. Run one at a time; end this one.",
  "WORKLOAD.CLOSED": "The workload manager has been closed; open it again.",
  "WORKLOAD.REQUEST_INVALID":
    "A request to the server lacks a field or has one of the wrong kind; the message names it.",
  "WORKLOAD.PILOT_LOST": "A pilot could not reach its server for too long. Check the server and the network.",
  "WORKLOAD.WORKER_PROTOCOL":
    "A warm worker wrote a line to its standard output that is not of the protocol. Write logs to standard error.",
  "WORKLOAD.UNREACHABLE":
    "No workload manager answers at this address. Start one with `almagest workload serve`, or name its folder or address with --server.",
  "WORKLOAD.REFUSED": "The workload manager refused a request; the message is its own.",
  "WORKLOAD.ALREADY_SERVED":
    "Another server runs on this folder; the message names its process. Stop it first.",
  "WORKLOAD.CONFIG_INVALID":
    "The service's configuration cannot be read; the message names the place. See `almagest workload serve --help`.",
  "WORKLOAD.LOGS_REFUSED":
    "A store of logs that is to be sent a copy is away or refuses it; the message says which and why. What it can take later is sent again.",
  "WORKLOAD.TRACES_REFUSED":
    "The collector of traces is away or refuses them for now; they wait in the event log and are sent again. Check its address and token.",
  "WORKLOAD.BATCH_SYSTEM":
    "A command of a batch system failed or gave an answer that cannot be read; it is tried again in the next round.",
};
