import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "@almagest/base";
import type { PublishedEvent } from "../store/event-log.ts";
import { eventMessages } from "./event-message.ts";

const line = (changes: Partial<PublishedEvent>): PublishedEvent => ({
  ...{ seq: 7, timeMs: 1_700_000_000_999, subject: "a", id: 12, jobId: 5, taskId: 3, what: "running" },
  detail: undefined,
  ...changes,
});
const bodies = (changes: Partial<PublishedEvent>, about = { queue: "Q", jobName: "isr_5" }): Json[] =>
  eventMessages(line(changes), about, "/topic/").map(({ body }) => JSON.parse(body));

test("an attempt's line is PanDA's job_status, with its error where it failed", () => {
  const common = { msg_type: "job_status", jobid: 12, taskid: 3, timestamp: 1_700_000_000 };
  const where = { computingsite: "Q", inputs: ["isr_5"] };
  assert.deepEqual(bodies({}), [{ ...common, status: "running", ...where }]);
  assert.deepEqual(bodies({ what: "failed", detail: "pilot:1305 no\nstar" }), [
    { ...common, status: "failed", ...where, piloterrorcode: 1305, piloterrordiag: "no\nstar" },
  ]);
  const [message] = eventMessages(line({}), undefined, "/queue/");
  assert.equal(message!.destination, "/queue/panda.jobstatus");
  assert.deepEqual(message!.headers, {
    ...{ "almagest-seq": "7", msg_type: "job_status", status: "running", taskid: "3", jobid: "12" },
  });
});

test("content that has come or never will is iDDS's file_processing; the rest have their forms or none", () => {
  const content = (status: string) => ({
    ...{ msg_type: "file_processing", workload_id: 3, relation_type: "output", timestamp: 1_700_000_000 },
    files: [{ scope: "pseudo_dataset", name: "isr_5", status }],
  });
  assert.deepEqual(bodies({ what: "finished" })[1], content("Available"));
  assert.deepEqual(bodies({ subject: "j", id: 5, what: "pruned" }), [content("Missing")]);
  assert.deepEqual(bodies({ subject: "j", id: 5, what: "failed" }), [content("FinalFailed")]);
  assert.deepEqual(bodies({ subject: "t", id: 3, what: "done" }), [
    { msg_type: "task_status", taskid: 3, status: "done", timestamp: 1_700_000_000 },
  ]);
  const worker = line({ subject: "w", id: 4, jobId: 0, taskId: 0, what: "submitted" });
  const [sent] = eventMessages(worker, { queue: "Q", harvester: "h", batchId: "9.1" }, "/topic/");
  assert.deepEqual(JSON.parse(sent!.body), {
    ...{ msg_type: "worker_status", workerid: 4, status: "submitted", timestamp: 1_700_000_000 },
    ...{ harvesterid: "h", computingsite: "Q", batchid: "9.1", text: "" },
  });
  assert.deepEqual(bodies({ subject: "q", jobId: 0 }), []);
  assert.deepEqual(bodies({ subject: "f", jobId: 0 }), []);
});
