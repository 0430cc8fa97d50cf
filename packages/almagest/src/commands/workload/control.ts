import { AlmagestError } from "@almagest/base";
import type { Target, TaskCommand } from "@almagest/workload";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { addServerOptions, connect, type ServerOptions } from "./connect.ts";

const COMMANDS: Readonly<Record<TaskCommand, string>> = {
  retry: "Try again what failed, with a fresh count of attempts; what it had pruned comes back.",
  kill: "End a workflow, task or job now; what depends on it is pruned.",
  finish: "Let what runs end, and start nothing more.",
  pause: "Start nothing more until it is resumed; what runs goes on.",
  resume: "Go on after a pause.",
};

/** `3` and `workflow:3`, `task:12`, `job:55`. Throws `ALMAGEST.USAGE`. */
function readTarget(text: string): Target {
  const [, kind = "workflow", id] = /^(?:(workflow|task|job):)?(\d+)$/.exec(text) ?? [];
  if (id === undefined) {
    throw new AlmagestError("ALMAGEST.USAGE", `'${text}' names nothing; write 3, task:12 or job:55.`, {
      fields: { target: text },
    });
  }
  return { kind: kind as Target["kind"], id: Number(id) };
}

/** `almagest workload retry`, `kill`, `finish`, `pause`, `resume`. */
export function addControls(parent: Command, context: CommandContext): void {
  for (const [name, description] of Object.entries(COMMANDS) as [TaskCommand, string][]) {
    const command = parent
      .command(name)
      .description(description)
      .argument("<what...>", "ids of workflows, or task:ID, job:ID");
    addServerOptions(command).action(async (words: string[], options: ServerOptions) => {
      const targets = words.map(readTarget);
      const client = connect(options);
      for (const target of targets) await client.control(target, name);
      const { out } = context.terminal;
      if (options.json) out.write(`${toJsonText(targets.map((target) => ({ ...target, command: name })))}\n`);
      else for (const { kind, id } of targets) out.write(`${name}: ${kind} ${id}\n`);
    });
  }
}
