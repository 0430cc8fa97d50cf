// A warm worker for tests: answers every job with the number of jobs it has seen and its process id.
import { createInterface } from "node:readline";

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
let seen = 0;
say({ type: "ready" });
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  if (job.type !== "job") continue;
  seen++;
  process.stderr.write(`job ${job.jobName}: number ${seen} of process ${process.pid}\n`);
  if (job.jobPayload?.babble) process.stdout.write("this is no protocol\n");
  else if (job.jobPayload?.die) process.exit(3);
  else if (job.jobPayload?.fail)
    say({
      type: "result",
      attemptId: job.attemptId,
      status: "failed",
      error: { code: 9, text: "asked to fail" },
    });
  else
    say({
      type: "result",
      attemptId: job.attemptId,
      status: "finished",
      outputs: [{ name: `${job.jobName}.txt`, sizeBytes: seen }],
    });
}
