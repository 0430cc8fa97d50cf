import { AlmagestError } from "@almagest/base";
import type { FormatterRegistry } from "@almagest/butler";
import type { z } from "zod";
import { type Edge, resolveEdges } from "../graph/task-node.ts";
import type { AnyTask } from "../task.ts";
import type { TaskSpec } from "./quantum-job.ts";
import type { PipelineRuntime, RuntimeSource } from "./run-options.ts";

/** A task ready to run quanta: code, configuration, edges. */
export interface LoadedTask {
  readonly label: string;
  readonly task: AnyTask;
  readonly config: unknown;
  readonly edges: readonly Edge[];
}

/** All that runs quanta in one thread. */
export interface LoadedRuntime {
  readonly formatters: FormatterRegistry;
  readonly tasks: ReadonlyMap<string, LoadedTask>;
}

/** Imports a runtime module, or takes the runtime as given. Throws `PIPELINE.RUNTIME_INVALID`. */
export async function importRuntime(source: RuntimeSource): Promise<PipelineRuntime> {
  if (typeof source !== "string" && !(source instanceof URL)) return source;
  const module = (await import(String(source))) as Partial<PipelineRuntime>;
  if (!module.tasks || !module.formatters) {
    throw new AlmagestError("PIPELINE.RUNTIME_INVALID", `${source} must export 'tasks' and 'formatters'.`, {
      fields: { module: String(source) },
    });
  }
  return module as PipelineRuntime;
}

/** Rebuilds tasks from their specifications. */
export function loadRuntime(runtime: PipelineRuntime, specs: readonly TaskSpec[]): LoadedRuntime {
  const tasks = specs.map(({ label, className, settings, connectionNames }): [string, LoadedTask] => {
    const task = runtime.tasks.get(className);
    if (!task) {
      throw new AlmagestError("PIPELINE.TASK_UNKNOWN", `No code for the task of ${label} (${className}).`, {
        fields: { labels: [label], classes: [className] },
      });
    }
    const config = (task.config as z.ZodType).parse(settings);
    return [label, { label, task, config, edges: resolveEdges(label, task, { config, connectionNames }) }];
  });
  return { formatters: runtime.formatters, tasks: new Map(tasks) };
}
