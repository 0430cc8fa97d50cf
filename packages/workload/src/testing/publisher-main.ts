/** Runs jobs on a database without end and tells a broker of them: `node publisher-main.ts DATABASE PORT LOGIN PASSCODE`. */
import { createStompBus } from "@almagest/messages";
import { publishEvents } from "../events/publish-events.ts";
import { openWorkload } from "../manager/open-workload.ts";
import { simpleQueue } from "./simple-queue.ts";

const [place, port, login, passcode] = process.argv.slice(2) as [string, string, string, string];
const manager = await openWorkload(place);
await manager.defineQueue(simpleQueue("Q", "US"));
await manager.subscribe("messages");
const bus = await createStompBus({ host: "127.0.0.1", port: Number(port), login, passcode });
void publishEvents(manager, bus, { pollMs: 10 }, new AbortController().signal);
process.stdout.write("ready\n");
for (let round = 0; ; round++) {
  const key = `${process.pid}-${round}`;
  const jobs = Array.from({ length: 20 }, (_, index) => ({
    ...{ name: `${key}-${index}`, task: "x", parents: index === 0 ? [] : [index - 1] },
  }));
  await manager.submit({ key, name: key, tasks: [{ label: "x" }], jobCount: jobs.length }, jobs);
  for (let done = 0; done < jobs.length; done++) {
    for (const { attemptId } of await manager.acquire({ queue: "Q", worker: "w", count: 1 })) {
      await manager.report({ attemptId, status: "running" });
      await manager.report({ attemptId, status: "finished" });
    }
  }
}
