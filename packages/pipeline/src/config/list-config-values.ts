import type { TaskNode } from "../graph/task-node.ts";

/** One value of a task's configuration, and where it was set. */
export interface ConfigValue {
  readonly label: string;
  /** Dotted path. */
  readonly field: string;
  readonly value: unknown;
  /** File and line, or `default`. */
  readonly source: string;
}

/** Every value of a task's configuration with the place that set it; dataset type names of connections last. */
export function listConfigValues(node: TaskNode): ConfigValue[] {
  const { label, resolved } = node;
  const values: ConfigValue[] = [];
  const sourceOf = (field: string): string => {
    // A block that sets a whole group sets each member of it; the longest path that covers the field was nearest.
    let found = "default";
    let length = -1;
    for (const [path, source] of resolved.sources) {
      const covers = path === field || field.startsWith(`${path}.`) || path.startsWith(`${field}.`);
      if (covers && path.length >= length) [found, length] = [source, path.length];
    }
    return found;
  };
  const visit = (field: string, value: unknown): void => {
    if (
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      Object.keys(value).length > 0
    ) {
      for (const [name, member] of Object.entries(value))
        visit(field === "" ? name : `${field}.${name}`, member);
    } else values.push({ label, field, value: value ?? null, source: sourceOf(field) });
  };
  visit("", resolved.config);
  for (const { connection, datasetType, component } of [
    ...node.inputs,
    ...node.prerequisites,
    ...node.outputs,
    ...node.initInputs,
    ...node.initOutputs,
  ]) {
    const field = `connections.${connection}`;
    const value = component === undefined ? datasetType : `${datasetType}.${component}`;
    values.push({ label, field, value, source: resolved.sources.get(field) ?? "default" });
  }
  return values;
}
