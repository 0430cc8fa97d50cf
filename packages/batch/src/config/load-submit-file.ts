import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { AlmagestError } from "@almagest/base";
import { LineCounter, parseDocument, Scalar, type ScalarTag } from "yaml";
import { type ConfigTree, type ConfigValue, isTree, mergeTrees } from "./config-tree.ts";
import { expandEnvironment } from "./expand-environment.ts";

/** Booleans as PyYAML reads them: it leaves `y` and `n` alone, and `y` is a band. */
const PYTHON_BOOLEAN: ScalarTag = {
  default: true,
  tag: "tag:yaml.org,2002:bool",
  test: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  identify: (value) => typeof value === "boolean",
  resolve: (text) => new Scalar(/^(yes|true|on)$/i.test(text)),
};

const isBooleanTag = (tag: unknown): boolean =>
  typeof tag === "object" && tag !== null && (tag as ScalarTag).tag === "tag:yaml.org,2002:bool";

function invalid(file: string, line: number, message: string): AlmagestError {
  return new AlmagestError("BATCH.YAML_INVALID", `${file}:${line}: ${message}`, { fields: { file, line } });
}

/** Parses one submit file without following includes. `file` is used in messages. Throws `BATCH.YAML_INVALID`. */
export function parseSubmitText(text: string, file: string): ConfigTree {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    version: "1.1",
    customTags: (tags) => [PYTHON_BOOLEAN, ...tags.filter((tag) => !isBooleanTag(tag))],
  });
  const error = document.errors[0];
  if (error) throw invalid(file, lines.linePos(error.pos[0]).line, error.message.split("\n")[0]!);
  const value = document.toJS({ maxAliasCount: 1000 }) as ConfigValue;
  if (value === null) return {};
  if (!isTree(value)) throw invalid(file, 1, "a submit file is a mapping of keys to values.");
  return value;
}

/** Reads a submit file with all its `includeConfigs`: what includes wins over what is included, a later include over an
 * earlier one. Relative names are looked up beside the including file, then in the working folder.
 * Throws `BATCH.YAML_INVALID` with file and line. */
export function loadSubmitFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ConfigTree {
  return loadWithin(resolve(path), environment, []);
}

function loadWithin(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  including: readonly string[],
): ConfigTree {
  if (!existsSync(file)) throw invalid(file, 0, "there is no such file.");
  if (including.includes(file)) throw invalid(file, 1, `it includes itself (${including.join(" → ")}).`);
  const text = readFileSync(file, "utf8");
  const follow = (tree: ConfigTree): ConfigTree => {
    let merged: ConfigTree = {};
    for (const name of includesOf(tree)) {
      const found = findInclude(expandEnvironment(name, environment), file);
      if (found === undefined) {
        const line = text.split("\n").findIndex((each) => each.includes(name)) + 1;
        throw invalid(
          file,
          line,
          `the included file '${name}' is neither beside it nor in the working folder.`,
        );
      }
      merged = mergeTrees(merged, loadWithin(found, environment, [...including, file]));
    }
    const own: Record<string, ConfigValue> = {};
    for (const [key, value] of Object.entries(tree)) {
      if (key !== "includeConfigs") own[key] = isTree(value) ? follow(value) : value;
    }
    return mergeTrees(merged, own);
  };
  return follow(parseSubmitText(text, file));
}

function includesOf(tree: ConfigTree): string[] {
  const value = tree.includeConfigs;
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

function findInclude(name: string, file: string): string | undefined {
  if (isAbsolute(name)) return existsSync(name) ? name : undefined;
  return [join(dirname(file), name), resolve(name)].find((path) => existsSync(path));
}
