import type { Queue, QueueState } from "@almagest/workload";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { printRows, toJsonText } from "../../cli/print-rows.ts";
import { addServerOptions, connect, type ServerOptions } from "./connect.ts";

const STATUSES: readonly [string, Queue["status"], string][] = [
  ["drain", "drain", "Assign nothing more to a queue; what it has runs to its end."],
  ["online", "online", "Let a queue take work."],
  ["offline", "offline", "Take back what waits at a queue and end its pilots."],
];

function toRow(queue: QueueState) {
  const { name, facility, status, activated, running, cores, memoryMb, wallSec, backlog } = queue;
  return {
    name,
    facility,
    status,
    waiting: activated,
    running,
    cores,
    memoryMb,
    "wall h": wallSec / 3600,
    backlog,
  };
}

/** `almagest workload queues`, `drain`, `online`, `offline`. */
export function addQueues(parent: Command, context: CommandContext): void {
  const { terminal } = context;
  const list = parent.command("queues").description("All queues: what they take and how full they are.");
  addServerOptions(list).action(async (options: ServerOptions) => {
    const queues = await connect(options).queues();
    if (options.json) terminal.out.write(`${toJsonText(queues)}\n`);
    else
      printRows(
        terminal,
        queues.map(toRow),
        {},
        "No queues; define some in workload.yaml of the server's folder.",
      );
  });
  for (const [name, status, description] of STATUSES) {
    const command = parent.command(name).description(description).argument("<queue>", "name of a queue");
    addServerOptions(command).action(async (queue: string, options: ServerOptions) => {
      const changed = await connect(options).setQueueStatus(queue, status);
      terminal.out.write(
        options.json ? `${toJsonText(changed)}\n` : `queue ${queue} is now ${changed.status}\n`,
      );
    });
  }
}
