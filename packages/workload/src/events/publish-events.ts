import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Logger, silentLogger } from "@almagest/base";
import type { Message, MessageBus } from "@almagest/messages";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import type { PublishedEvent } from "../store/event-log.ts";
import { eventMessages } from "./event-message.ts";
import { readSubjects } from "./event-subjects.ts";

/** How events are published. */
export interface PublishSettings {
  /** Name of the place in the log; `messages` unless told. Two publishers of one name would share it. */
  readonly subscriber?: string;
  /** Before the names of destinations; `/topic/` unless told. */
  readonly prefix?: string;
  /** Look again after so long when nothing wakes the publisher; 200 ms unless told. */
  readonly pollMs?: number;
  readonly log?: Logger;
}

/** Lines at once. A batch that is cut short is told again as a whole: a publisher that never lives long still gets on. */
const BATCH = 200;
const RETRY_MS = 500;

/**
 * Puts the manager's event log on a bus until `stop` aborts: what was committed and nothing else, each line at least once,
 * those of one job in their order. The place in the log moves on only when a batch is safe with the bus, so that a publisher
 * that was killed goes on where it was; the same line then has the same `almagest-seq`.
 */
export async function publishEvents(
  manager: WorkloadManager,
  bus: MessageBus,
  settings: PublishSettings,
  stop: AbortSignal,
): Promise<void> {
  const { subscriber = "messages", prefix = "/topic/", pollMs = 200, log = silentLogger } = settings;
  const stopped = stop.aborted ? Promise.resolve() : once(stop, "abort");
  let place = await manager.subscribe(subscriber);
  while (!stop.aborted) {
    try {
      const events = await manager.events(place, BATCH);
      if (events.length === 0) {
        await sleep(pollMs, undefined, { signal: stop }).catch(() => {});
        continue;
      }
      const published = publishBatch(manager, bus, events, prefix);
      // A broker that is away keeps its messages waiting: not the end of the service.
      published.catch(() => {});
      await Promise.race([published, stopped]);
      if (stop.aborted) return;
      await published;
      place = events.at(-1)!.seq;
      await manager.acknowledge(subscriber, place);
    } catch (error) {
      log.warn("events could not be published; they are tried again", { error });
      await sleep(RETRY_MS, undefined, { signal: stop }).catch(() => {});
    }
  }
}

async function publishBatch(
  manager: WorkloadManager,
  bus: MessageBus,
  events: readonly PublishedEvent[],
  prefix: string,
): Promise<void> {
  const names = new Map(manager.queues().map(({ id, name }) => [id, name]));
  const subjectOf = await manager.ask((db) => readSubjects(db, names, events));
  // What concerns one job (or task, or worker) goes out one after another, different ones side by side.
  const chains = new Map<string, Message[]>();
  for (const event of events) {
    const { subject, id, jobId } = event;
    const key = jobId > 0 ? `job ${jobId}` : `${subject} ${id}`;
    const chain = chains.get(key) ?? [];
    chain.push(...eventMessages(event, subjectOf(event), prefix));
    chains.set(key, chain);
  }
  await Promise.all(
    [...chains.values()].map(async (chain) => {
      for (const message of chain) await bus.publish(message);
    }),
  );
}
