import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@almagest/base";
import { createStompBus, type MessageBus } from "@almagest/messages";
import { publishEvents } from "../events/publish-events.ts";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import type { ServiceConfig } from "./service-config.ts";

/** Which broker, as configured. */
export type BrokerConfig = NonNullable<ServiceConfig["messages"]>;

const RETRY_MS = 5000;

async function connect(
  { host, port, login, passcodeFile, tls }: BrokerConfig,
  log: Logger,
): Promise<MessageBus> {
  const files: Record<string, Buffer> = {};
  for (const [name, path] of Object.entries(tls ?? {})) {
    if (path !== undefined) files[name] = await readFile(path);
  }
  return createStompBus({
    ...{ host, port, log },
    ...(login === undefined ? {} : { login }),
    ...(passcodeFile === undefined ? {} : { passcode: (await readFile(passcodeFile, "utf8")).trim() }),
    ...(tls === undefined ? {} : { tls: files }),
  });
}

/** Tells a broker of everything that is committed, until `stop` aborts. A broker that is away or refuses is only logged: its
 * messages wait in the event log. */
export async function publishToBroker(
  manager: WorkloadManager,
  config: BrokerConfig,
  stop: AbortSignal,
  log: Logger,
): Promise<void> {
  const { prefix } = config;
  // Its place from now on, whenever the broker comes.
  await manager.subscribe("messages");
  while (!stop.aborted) {
    try {
      await using bus = await connect(config, log);
      await publishEvents(manager, bus, { prefix, log }, stop);
    } catch (error) {
      log.warn("the broker is told nothing for now", { error });
      await sleep(RETRY_MS, undefined, { signal: stop }).catch(() => {});
    }
  }
}
