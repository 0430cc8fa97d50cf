import type { Json } from "@almagest/base";
import type { Message } from "@almagest/messages";
import type { PublishedEvent } from "../store/event-log.ts";

/** What the log does not repeat on every line: of an attempt its queue and job, of a worker its harvester and batch job. */
export interface EventSubject {
  readonly queue: string;
  readonly jobName?: string;
  readonly harvester?: string;
  readonly batchId?: string;
}

/** PanDA's fields for the code and text of a failure, by the component that says it. */
const ERROR_FIELDS: Readonly<Record<string, string>> = {
  pilot: "piloterror",
  executor: "exeerror",
  transform: "exeerror",
  supervisor: "superror",
  dataservice: "ddmerror",
  brokerage: "brokerageerror",
  jobdispatcher: "jobdispatchererror",
  taskbuffer: "taskbuffererror",
};

/** The error fields of a failed attempt, from the words that its line of the log has (`pilot:1305 what happened`). */
function readError(detail: string | undefined): Record<string, Json> {
  const [, source = "", code, text] = /^(\w+):(\d+) ?(.*)$/s.exec(detail ?? "") ?? [];
  const field = ERROR_FIELDS[source];
  return field === undefined ? {} : { [`${field}code`]: Number(code), [`${field}diag`]: text! };
}

/** iDDS's word for what became of a job's content. */
const CONTENT_STATUS: Readonly<Record<string, string>> = {
  finished: "Available",
  failed: "FinalFailed",
  pruned: "Missing",
  cancelled: "Missing",
};

/**
 * The messages that tell of one line of the event log, in PanDA's forms: `job_status` of an attempt, `task_status` of a task,
 * `file_processing` (iDDS's) of a job whose content has come or never will, `worker_status` of a pilot's worker (a form of
 * ours, in Harvester's words). Lines of workflows and queues give none. Header `almagest-seq` is the line's number, the same
 * when a message comes twice; times are in seconds.
 */
export function eventMessages(
  event: PublishedEvent,
  about: EventSubject | undefined,
  prefix: string,
): Message[] {
  const { seq, subject, id, jobId, taskId, what, detail, timeMs } = event;
  const timestamp = Math.floor(timeMs / 1000);
  const say = (topic: string, type: string, key: Record<string, string>, body: Json): Message => ({
    destination: `${prefix}${topic}`,
    headers: { "almagest-seq": String(seq), msg_type: type, status: what, ...key },
    body: JSON.stringify(body),
  });
  const content = (status: string): Message =>
    say(
      "panda.content",
      "file_processing",
      { taskid: String(taskId) },
      {
        ...{ msg_type: "file_processing", workload_id: taskId, relation_type: "output", timestamp },
        files: [{ scope: "pseudo_dataset", name: about?.jobName ?? String(jobId), status }],
      },
    );
  switch (subject) {
    case "a": {
      const status = say(
        "panda.jobstatus",
        "job_status",
        { taskid: String(taskId), jobid: String(id) },
        {
          ...{ msg_type: "job_status", jobid: id, taskid: taskId, status: what, timestamp },
          computingsite: about?.queue ?? null,
          inputs: about?.jobName === undefined ? null : [about.jobName],
          ...(what === "failed" ? readError(detail) : {}),
        },
      );
      return what === "finished" ? [status, content(CONTENT_STATUS.finished!)] : [status];
    }
    case "j": {
      const status = CONTENT_STATUS[what];
      return status === undefined ? [] : [content(status)];
    }
    case "t":
      return [
        say(
          "panda.taskstatus",
          "task_status",
          { taskid: String(id) },
          { msg_type: "task_status", taskid: id, status: what, timestamp },
        ),
      ];
    case "w":
      return [
        say(
          "harvester.workerstatus",
          "worker_status",
          { workerid: String(id) },
          {
            ...{ msg_type: "worker_status", workerid: id, status: what, timestamp },
            ...{ harvesterid: about?.harvester ?? null, computingsite: about?.queue ?? null },
            ...{ batchid: about?.batchId ?? null, text: detail ?? "" },
          },
        ),
      ];
    default:
      return [];
  }
}
