import { AlmagestError } from "@almagest/base";
import { type ResolvedConfig, resolveConfig } from "../config/resolve-config.ts";
import type { PipelineTask } from "../pipeline/pipeline.ts";
import type { AnyTask, Connection, Connections, PrerequisiteLookup } from "../task.ts";

/** Task code by class name: Rubin's Python names and our own. */
export type TaskTable = ReadonlyMap<string, AnyTask>;

/** One connection of one task with its final dataset type. */
export interface Edge {
  /** Name of the connection, as `run` sees it. */
  readonly connection: string;
  readonly kind: Connection["kind"];
  /** Dataset type without component. */
  readonly datasetType: string;
  readonly component?: string;
  readonly storageClass: string;
  readonly dimensions: readonly string[];
  readonly multiple: boolean;
  readonly deferLoad: boolean;
  readonly isCalibration: boolean;
  readonly minimum: number;
  readonly deferGraphConstraint: boolean;
  readonly lookup?: PrerequisiteLookup;
}

/** One task of a pipeline, resolved: code, configuration, edges. */
export interface TaskNode {
  readonly label: string;
  readonly className: string;
  readonly task: AnyTask;
  readonly resolved: ResolvedConfig;
  readonly dimensions: readonly string[];
  readonly inputs: readonly Edge[];
  readonly prerequisites: readonly Edge[];
  readonly outputs: readonly Edge[];
  readonly initInputs: readonly Edge[];
  readonly initOutputs: readonly Edge[];
}

/** Every edge of a task. */
export function edgesOfTask(node: TaskNode): Edge[] {
  return [...node.inputs, ...node.prerequisites, ...node.outputs, ...node.initInputs, ...node.initOutputs];
}

/** Makes the lookup table of a list of tasks: each by its name, its Python classes, and the last part of those. */
export function createTaskTable(tasks: readonly AnyTask[]): Map<string, AnyTask> {
  const table = new Map<string, AnyTask>();
  for (const task of tasks) {
    table.set(task.name, task);
    for (const name of task.pythonClasses) table.set(name, task);
  }
  return table;
}

/** The code of each task of a pipeline. Throws `PIPELINE.TASK_UNKNOWN` naming every label without code. */
export function findTasks(tasks: Iterable<PipelineTask>, table: TaskTable): Map<string, AnyTask> {
  const found = new Map<string, AnyTask>();
  const missing: PipelineTask[] = [];
  for (const entry of tasks) {
    const task = table.get(entry.className);
    if (task) found.set(entry.label, task);
    else missing.push(entry);
  }
  if (missing.length > 0) {
    const list = missing.map(({ label, className }) => `${label} (${className})`).join(", ");
    throw new AlmagestError(
      "PIPELINE.TASK_UNKNOWN",
      `No code for the task of ${list}. Leave it out (--delete, or an import's exclude), list the class in the pythonClasses of a task here, or declare it as a task of class 'command' that runs the original program.`,
      {
        fields: {
          labels: missing.map(({ label }) => label),
          classes: missing.map(({ className }) => className),
        },
      },
    );
  }
  return found;
}

/** Resolves one task: config validated, connections named. Throws the `PIPELINE.CONFIG_…` errors,
 * `PIPELINE.TEMPLATE_UNSET`, `PIPELINE.UNSUPPORTED`. */
export function createTaskNode(
  entry: PipelineTask,
  task: AnyTask,
  parameters: Readonly<Record<string, unknown>>,
): TaskNode {
  const { label, className } = entry;
  const resolved = resolveConfig(label, task, entry.overrides, parameters);
  const edges = resolveEdges(label, task, resolved);
  return {
    label,
    className,
    task,
    resolved,
    dimensions: task.dimensionsOf?.(resolved.config) ?? task.dimensions,
    inputs: edges.filter(({ kind }) => kind === "input"),
    prerequisites: edges.filter(({ kind }) => kind === "prerequisite"),
    outputs: edges.filter(({ kind }) => kind === "output"),
    initInputs: edges.filter(({ kind }) => kind === "initInput"),
    initOutputs: edges.filter(({ kind }) => kind === "initOutput"),
  };
}

/** The edges of a task under a resolved configuration. */
export function resolveEdges(
  label: string,
  task: AnyTask,
  resolved: Pick<ResolvedConfig, "config" | "connectionNames">,
): Edge[] {
  const connections = task.connections(resolved.config) as Connections;
  const names = { ...task.templates, ...resolved.connectionNames };
  for (const name of Object.keys(resolved.connectionNames)) {
    const isTemplate = Object.values(connections).some((edge) => edge.name.includes(`{${name}}`));
    if (!Object.hasOwn(connections, name) && !isTemplate && !Object.hasOwn(task.templates ?? {}, name)) {
      throw new AlmagestError(
        "PIPELINE.CONFIG_UNKNOWN",
        `${label}: there is no connection '${name}'; there is ${Object.keys(connections).join(", ")}.`,
        { fields: { label, path: `connections.${name}`, names: Object.keys(connections) } },
      );
    }
  }
  return Object.entries(connections).map(([name, connection]) => resolveEdge(label, name, connection, names));
}

function resolveEdge(
  label: string,
  name: string,
  connection: Connection,
  names: Readonly<Record<string, string>>,
): Edge {
  const template = names[name] ?? connection.name;
  const full = template.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = names[key];
    if (value !== undefined) return value;
    throw new AlmagestError(
      "PIPELINE.TEMPLATE_UNSET",
      `${label}: the dataset type '${template}' of connection '${name}' needs connections.${key}.`,
      { fields: { label, connection: name, template: key } },
    );
  });
  const [datasetType = full, component] = full.split(".");
  const { kind, storageClass, dimensions, multiple, deferLoad, isCalibration, minimum } = connection;
  return {
    connection: name,
    kind,
    datasetType,
    ...(component === undefined ? {} : { component }),
    storageClass,
    dimensions,
    multiple,
    deferLoad,
    isCalibration,
    minimum,
    deferGraphConstraint: connection.deferGraphConstraint,
    ...(connection.lookup === undefined ? {} : { lookup: connection.lookup }),
  };
}
