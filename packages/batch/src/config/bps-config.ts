import { AlmagestError } from "@almagest/base";
import { type ConfigTree, type ConfigValue, isTree, mergeTrees, valueAt } from "./config-tree.ts";
import { expandEnvironment } from "./expand-environment.ts";

/** Sections looked into, in this order, before the root. */
export const SEARCH_ORDER = [
  "bps_cmdline",
  "payload",
  "cluster",
  "pipetask",
  "site",
  "cloud",
  "bps_defined",
] as const;

/** How to look a key up. */
export interface SearchOptions {
  /** Values that win over everything; `curr_pipetask`, `curr_cluster`, `curr_site`, `curr_cloud` choose sub-sections. */
  readonly current?: Readonly<Record<string, ConfigValue>>;
  /** A section that wins over all others. */
  readonly section?: ConfigTree;
  /** Names in braces that are left alone. */
  readonly skipNames?: readonly string[];
  /** Replace `{name}`; true unless told. */
  readonly replaceVariables?: boolean;
  /** `expand` (the default) puts values of this machine in; `defer` writes `<ENV:NAME>` for the job's machine. */
  readonly environment?: "expand" | "defer" | "keep";
}

/** A submit configuration that answers as `lsst.ctrl.bps.BpsConfig` does. */
export interface BpsConfig {
  readonly tree: ConfigTree;
  /** The value of a key after the search order and all replacements; undefined when it is nowhere. */
  search(key: string, options?: SearchOptions): ConfigValue | undefined;
  /** As text; empty when it is nowhere. */
  text(key: string, options?: SearchOptions): string;
  /** As number; undefined when absent. Throws `BATCH.CONFIG_INVALID`. */
  number(key: string, options?: SearchOptions): number | undefined;
  /** The same with more values laid over. */
  with(values: ConfigTree): BpsConfig;
}

/** Most replacements inside one another: beyond it a variable refers to itself. */
const MAX_DEPTH = 50;

/** Creates the configuration of a tree. */
export function createBpsConfig(
  tree: ConfigTree,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): BpsConfig {
  const find = (key: string, { current = {}, section }: SearchOptions): ConfigValue | undefined => {
    if (Object.hasOwn(current, key)) return current[key];
    const within = section === undefined ? undefined : valueAt(section, key);
    if (within !== undefined) return within;
    for (const name of SEARCH_ORDER) {
      let searched = tree[name];
      if (!isTree(searched)) continue;
      const chosen = current[`curr_${name}`];
      if (chosen !== undefined) {
        const sub = valueAt(searched, String(chosen));
        if (isTree(sub)) searched = sub;
      }
      const value = valueAt(searched, key);
      if (value !== undefined) return value;
    }
    return valueAt(tree, key);
  };
  const search = (key: string, options: SearchOptions, depth: number): ConfigValue | undefined => {
    if (depth > MAX_DEPTH) {
      throw new AlmagestError("BATCH.CONFIG_INVALID", `The value of '${key}' refers to itself.`, {
        fields: { key },
      });
    }
    const value = find(key, options);
    return typeof value === "string" ? replace(value, options, depth) : value;
  };
  const replace = (written: string, options: SearchOptions, depth: number): string => {
    let value = written;
    const mode = options.environment ?? "expand";
    if (mode === "expand") value = expandEnvironment(value.replace(/<ENV:([^>]+)>/g, "$$$1"), environment);
    if (mode === "defer") value = value.replace(/\$\{([^}]+)\}|\$(\S+)/g, (_all, a, b) => `<ENV:${a ?? b}>`);
    if (options.replaceVariables === false) return value;
    // Doubled braces are literal ones; `${NAME}` is the shell's.
    const replaced = value.replace(
      /\$\{[^}]*\}|\{\{|\}\}|\{([^{}:!]*)(?:![rsa])?(?::([^{}]*))?\}/g,
      (all, name, format) => {
        if (all.startsWith("$")) return all;
        if (all === "{{" || all === "}}") return all[0]!;
        if (options.skipNames?.includes(name)) return all;
        return formatValue(search(name, options, depth + 1) ?? "", format);
      },
    );
    return evaluate(replaced);
  };
  const config: BpsConfig = {
    tree,
    search: (key, options = {}) => search(key, options, 0),
    text: (key, options = {}) => formatValue(search(key, options, 0) ?? ""),
    number: (key, options = {}) => {
      const value = search(key, options, 0);
      if (value === undefined || value === null || value === "") return undefined;
      const number = Number(value);
      if (typeof value === "boolean" || Number.isNaN(number)) {
        throw new AlmagestError(
          "BATCH.CONFIG_INVALID",
          `'${key}' must be a number, not ${JSON.stringify(value)}.`,
          { fields: { key, value } },
        );
      }
      return number;
    },
    with: (values) => createBpsConfig(mergeTrees(tree, values), environment),
  };
  return config;
}

/** As Python's `str.format` writes a value; of format specifications, zero-padded widths are understood. */
function formatValue(value: ConfigValue, format?: string): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null) return "None";
  if (typeof value === "object") return JSON.stringify(value);
  const [, zero, width] = /^(0?)(\d*)d?$/.exec(format ?? "") ?? [];
  return width ? String(value).padStart(Number(width), zero ? "0" : " ") : String(value);
}

/** `bpsEval(function, arguments)`: Rubin calls any Python function; here the arithmetic ones exist. */
function evaluate(text: string): string {
  const functions: Readonly<Record<string, (...values: number[]) => number>> = {
    max: Math.max,
    min: Math.min,
    sum: (...values) => values.reduce((a, b) => a + b, 0),
    "math.ceil": Math.ceil,
    "math.floor": Math.floor,
  };
  return text.replace(/bpsEval\(([^,)]+), ([^)]+)\)/g, (_all, name: string, given: string) => {
    const values = given
      .replace(/[[\]]/g, "")
      .split(",")
      .map((each) => Number(each.trim()));
    const call = functions[name.trim()];
    if (call === undefined || values.some(Number.isNaN)) {
      throw new AlmagestError(
        "BATCH.CONFIG_INVALID",
        `bpsEval(${name}, ${given}) is not understood; known are ${Object.keys(functions).join(", ")} of numbers.`,
        { fields: { name } },
      );
    }
    return String(call(...values));
  });
}
