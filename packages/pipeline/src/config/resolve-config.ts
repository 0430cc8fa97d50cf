import { AlmagestError } from "@almagest/base";
import type { z } from "zod";
import type { ConfigOverride } from "../pipeline/pipeline.ts";
import type { AnyTask } from "../task.ts";
import { parsePythonLiteral } from "./python-literal.ts";
import { followPath, schemaFields } from "./schema-path.ts";

/** A task's configuration after all overrides. */
export interface ResolvedConfig {
  /** What zod made of it: complete, typed. */
  readonly config: unknown;
  /** Only what was set, nested, as given to zod: enough to build the same config elsewhere. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** New dataset type names of connections, and values of name templates, from the `connections` section. */
  readonly connectionNames: Readonly<Record<string, string>>;
  /** Where each set value came from, by dotted path. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Applies overrides in order and validates. Values that are text are read as Python literals where they are such, and
 * `parameters.x` is replaced by the pipeline's parameter. Throws `PIPELINE.CONFIG_UNKNOWN`, `PIPELINE.CONFIG_INVALID`,
 * `PIPELINE.CONFIG_PYTHON`, `PIPELINE.PARAMETER_UNKNOWN`, each with label and dotted path.
 */
export function resolveConfig(
  label: string,
  task: AnyTask,
  overrides: readonly ConfigOverride[],
  parameters: Readonly<Record<string, unknown>>,
): ResolvedConfig {
  const settings: Record<string, unknown> = {};
  const connectionNames: Record<string, string> = {};
  const sources = new Map<string, string>();
  for (const override of overrides) {
    if (override.kind !== "field") throw pythonRefused(label, override);
    const { path, source } = override;
    const value = substitute(override.value, parameters, label, path, source);
    if (path === "connections" || path.startsWith("connections.")) {
      const names = path === "connections" ? (value as Record<string, unknown>) : { [path.slice(12)]: value };
      for (const [name, text] of Object.entries(names)) {
        connectionNames[name] = String(text);
        sources.set(`connections.${name}`, source);
      }
      continue;
    }
    const steps = path.split(".");
    checkPath(label, task.config, steps, value, source);
    assignPath(settings, steps, value);
    sources.set(path, source);
  }
  const parsed = (task.config as z.ZodType).safeParse(settings);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const path = issue.path.join(".");
    const source = [...sources].findLast(([set]) => path.startsWith(set) || set.startsWith(path))?.[1];
    throw new AlmagestError(
      "PIPELINE.CONFIG_INVALID",
      `${label}: config ${path || "(whole)"} ${source ? `(set at ${source}) ` : ""}is not allowed: ${issue.message}.`,
      { fields: { label, path, source, issues: parsed.error.issues } },
    );
  }
  return { config: parsed.data, settings, connectionNames, sources };
}

function pythonRefused(label: string, override: Exclude<ConfigOverride, { kind: "field" }>): AlmagestError {
  const what = override.kind === "file" ? `the config file ${override.location}` : "a Python config block";
  return new AlmagestError(
    "PIPELINE.CONFIG_PYTHON",
    `${label}: ${what} (${override.source}) is Python and is not executed; write its settings as plain fields.`,
    { fields: { label, source: override.source } },
  );
}

function substitute(
  value: unknown,
  parameters: Readonly<Record<string, unknown>>,
  label: string,
  path: string,
  source: string,
): unknown {
  if (Array.isArray(value)) return value.map((item) => substitute(item, parameters, label, path, source));
  if (typeof value !== "string") return value;
  const name = /^parameters\.(\w+)$/.exec(value)?.[1];
  if (name !== undefined) {
    if (Object.hasOwn(parameters, name)) return parameters[name];
    throw new AlmagestError(
      "PIPELINE.PARAMETER_UNKNOWN",
      `${label}: config ${path} (${source}) wants the parameter '${name}', which the pipeline does not define.`,
      { fields: { label, path, source, name } },
    );
  }
  return parsePythonLiteral(value) ?? (value.trim() === "None" ? null : value);
}

function checkPath(
  label: string,
  schema: z.ZodType,
  steps: readonly string[],
  value: unknown,
  source: string,
) {
  const target = followPath(schema, steps);
  if (target.kind === "unknown") throw unknownField(label, target.at, target.names, source);
  const fields = target.kind === "schema" ? schemaFields(target.schema) : undefined;
  if (fields === undefined || typeof value !== "object" || value === null || Array.isArray(value)) return;
  for (const [name, member] of Object.entries(value))
    checkPath(label, schema, [...steps, name], member, source);
}

function unknownField(label: string, path: string, names: readonly string[], source: string): AlmagestError {
  const last = path.split(".").at(-1)!.toLowerCase();
  const near = names.filter((name) => name.toLowerCase().includes(last) || last.includes(name.toLowerCase()));
  const offer =
    near.length > 0 ? `; did you mean ${near.slice(0, 3).join(", ")}?` : `; there is ${names.join(", ")}.`;
  return new AlmagestError(
    "PIPELINE.CONFIG_UNKNOWN",
    `${label}: there is no config field '${path}' (${source})${names.length > 0 ? offer : "."}`,
    { fields: { label, path, source, names } },
  );
}

function assignPath(settings: Record<string, unknown>, steps: readonly string[], value: unknown): void {
  let parent = settings;
  for (const name of steps.slice(0, -1)) {
    const next = parent[name];
    const child = typeof next === "object" && next !== null && !Array.isArray(next) ? { ...next } : {};
    parent[name] = child;
    parent = child as Record<string, unknown>;
  }
  parent[steps.at(-1)!] = value;
}
