import { readFile, writeFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import type { Formatter } from "@almagest/butler";
import { formatPythonLiteral, type LiteralValue, parsePythonLiteral } from "../config/python-literal.ts";

/** A task's whole configuration as stored with a run. */
export interface StoredConfig {
  readonly className: string;
  /** Every field, nested, with the dataset type names under `connections`. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** The text that is stored: assignments as in a Python config file, one field per line, sorted by path. */
export function formatStoredConfig({ className, values }: StoredConfig): string {
  const lines = flatten("config", values).sort();
  return `# configuration of ${className}\n${lines.join("\n")}\n`;
}

/** Reads plain assignments; imports, assertions and comments are passed over, and nothing is executed. Throws
 * `PIPELINE.FORMAT_INVALID`, naming `path`. */
export function parseStoredConfig(text: string, path: string): StoredConfig {
  const className = /^# configuration of (.+)$/m.exec(text)?.[1] ?? "";
  const values: Record<string, unknown> = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "" || /^(#|import |assert )/.test(line)) continue;
    const [, field, literal] = /^config\.([\w.]+)\s*=\s*(.*)$/.exec(line) ?? [];
    const value = literal === undefined ? undefined : parsePythonLiteral(literal);
    if (field === undefined || value === undefined) {
      throw new AlmagestError(
        "PIPELINE.FORMAT_INVALID",
        `${path} holds more than plain assignments: '${line}'.`,
        { fields: { path, line } },
      );
    }
    assign(values, field.split("."), value);
  }
  return { className, values };
}

/** Configurations: the same assignments that Python config files hold, so that people read one notation. */
export const configFormatter: Formatter<StoredConfig> = {
  name: "lsst.pipe.base.formatters.pexConfig.PexConfigFormatter",
  extension: ".py",
  write: (config, path) => writeFile(path, formatStoredConfig(config)),
  read: async (path) => parseStoredConfig(await readFile(path, "utf8"), path),
};

function flatten(path: string, value: unknown): string[] {
  const isGroup = typeof value === "object" && value !== null && !Array.isArray(value);
  if (
    isGroup &&
    Object.keys(value).length > 0 &&
    Object.keys(value).every((key) => /^[A-Za-z_]\w*$/.test(key))
  ) {
    return Object.entries(value).flatMap(([key, member]) => flatten(`${path}.${key}`, member));
  }
  return [`${path}=${formatPythonLiteral(value)}`];
}

function assign(values: Record<string, unknown>, path: readonly string[], value: LiteralValue): void {
  let parent = values;
  for (const name of path.slice(0, -1)) parent = (parent[name] ??= {}) as Record<string, unknown>;
  parent[path.at(-1)!] = value;
}
