import { AlmagestError } from "@almagest/base";
import { createQuantumButler, type FormatterRegistry } from "@almagest/butler";
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
  /** Values of its init inputs, by connection. */
  readonly initInputs: Readonly<Record<string, unknown>>;
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

/** Rebuilds tasks from their specifications; `root` is that of the repository with their init inputs. */
export async function loadRuntime(
  runtime: PipelineRuntime,
  specs: readonly TaskSpec[],
  root: string,
): Promise<LoadedRuntime> {
  const tasks = specs.map(async (spec): Promise<[string, LoadedTask]> => {
    const { label, className, settings, connectionNames } = spec;
    const task = runtime.tasks.get(className);
    if (!task) {
      throw new AlmagestError("PIPELINE.TASK_UNKNOWN", `No code for the task of ${label} (${className}).`, {
        fields: { labels: [label], classes: [className] },
      });
    }
    const config = (task.config as z.ZodType).parse(settings);
    const edges = resolveEdges(label, task, { config, connectionNames });
    const initInputs = await readInitInputs(runtime, root, spec);
    return [label, { label, task, config, edges, initInputs }];
  });
  return { formatters: runtime.formatters, tasks: new Map(await Promise.all(tasks)) };
}

async function readInitInputs(
  { formatters }: PipelineRuntime,
  root: string,
  { initInputs = {} }: TaskSpec,
): Promise<Record<string, unknown>> {
  const butler = createQuantumButler({ root, inputs: Object.values(initInputs), outputs: [] }, formatters);
  const values = Object.entries(initInputs).map(
    async ([connection, { ref }]) => [connection, await butler.get(ref)] as const,
  );
  return Object.fromEntries(await Promise.all(values));
}
