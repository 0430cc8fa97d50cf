import { AlmagestError } from "@almagest/base";
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  type ScalarTag,
  type YAMLMap,
} from "yaml";
import type { ConfigOverride, Contract, PipelineStep, PipelineSubset, PipelineTask } from "./pipeline.ts";

/** One import as written. */
export interface ImportEntry {
  readonly location: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly rename: Readonly<Record<string, string>>;
  readonly importContracts: boolean;
  readonly importSteps: boolean;
  /** Replaces the imported instrument; null clears it. */
  readonly instrument?: string | null;
  readonly subsetMode: "DROP" | "EDIT";
  readonly source: string;
}

/** One pipeline file as written, imports not yet followed. */
export interface PipelineDocument {
  readonly description: string;
  readonly instrument?: string;
  readonly imports: readonly ImportEntry[];
  readonly tasks: readonly PipelineTask[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly contracts: readonly Contract[];
  readonly subsets: ReadonlyMap<string, PipelineSubset>;
  readonly steps: readonly PipelineStep[];
}

/** Reads one pipeline file. `file` is used in messages. Throws `PIPELINE.YAML_INVALID` with the line. */
export function parsePipelineDocument(text: string, file: string): PipelineDocument {
  return new DocumentReader(text, file).read();
}

/** Booleans as PyYAML reads them: unlike YAML 1.1 it leaves `y` and `n` alone, and `y` is a band. */
const PYTHON_BOOLEAN: ScalarTag = {
  default: true,
  tag: "tag:yaml.org,2002:bool",
  test: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  identify: (value) => typeof value === "boolean",
  resolve: (text) => new Scalar(/^(yes|true|on)$/i.test(text)),
};

const isBooleanTag = (tag: unknown): boolean =>
  typeof tag === "object" && tag !== null && (tag as ScalarTag).tag === "tag:yaml.org,2002:bool";

class DocumentReader {
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #root: YAMLMap;

  constructor(text: string, file: string) {
    this.#file = file;
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      uniqueKeys: true,
      version: "1.1",
      customTags: (tags) => [PYTHON_BOOLEAN, ...tags.filter((tag) => !isBooleanTag(tag))],
    });
    const problem = document.errors[0];
    if (problem) {
      throw this.#error(`${problem.message.split("\n")[0]}`, this.#lines.linePos(problem.pos[0]).line);
    }
    if (!isMap(document.contents)) throw this.#error("a pipeline is a YAML mapping", 1);
    this.#root = document.contents;
  }

  read(): PipelineDocument {
    const get = (key: string): Node | undefined =>
      (this.#root.get(key, true) as Node | undefined) ?? undefined;
    const imports = get("imports");
    const description = this.#text(get("description"), "description", imports === undefined);
    const instrument = this.#text(get("instrument"), "instrument", false);
    const tasks = get("tasks");
    if (tasks === undefined && imports === undefined)
      throw this.#error("a pipeline needs tasks or imports", 1);
    return {
      description: description ?? "",
      ...(instrument === undefined ? {} : { instrument }),
      imports: this.#list(imports).map((node) => this.#import(node)),
      tasks: this.#members(tasks, "tasks").map(([label, node]) => this.#task(label, node)),
      parameters: Object.fromEntries(
        this.#members(get("parameters"), "parameters").map(([name, node]) => [name, plain(node)]),
      ),
      contracts: this.#list(get("contracts")).map((node) => this.#contract(node)),
      subsets: new Map(
        this.#members(get("subsets"), "subsets").map(([name, node]) => this.#subset(name, node)),
      ),
      steps: this.#list(get("steps")).map((node) => this.#step(node)),
    };
  }

  #import(node: Node): ImportEntry {
    const source = this.#place(node);
    const defaults = {
      rename: {},
      importContracts: true,
      importSteps: true,
      subsetMode: "DROP",
      source,
    } as const;
    if (isScalar(node)) return { ...defaults, location: this.#text(node, "import", true)! };
    const entry = Object.fromEntries(this.#members(node, "import")) as Record<string, Node>;
    for (const key of Object.keys(entry)) {
      if (!IMPORT_KEYS.has(key)) throw this.#error(`an import has no key '${key}'`, node);
    }
    const names = (key: string) => (entry[key] ? this.#names(entry[key]) : undefined);
    const mode = this.#text(entry.labeledSubsetModifyMode, "labeledSubsetModifyMode", false) ?? "DROP";
    if (mode !== "DROP" && mode !== "EDIT") {
      throw this.#error(`labeledSubsetModifyMode is DROP or EDIT, not '${mode}'`, node);
    }
    const include = names("include");
    const exclude = names("exclude");
    if (include && exclude) {
      throw new AlmagestError(
        "PIPELINE.IMPORT_CONFLICT",
        `${source}: an import takes include or exclude, not both.`,
        { fields: { source } },
      );
    }
    const instrument = entry.instrument ? plain(entry.instrument) : undefined;
    return {
      location: this.#text(entry.location, "location", true, node)!,
      ...(include ? { include } : {}),
      ...(exclude ? { exclude } : {}),
      rename: entry.rename ? (plain(entry.rename) as Record<string, string>) : {},
      importContracts: entry.importContracts === undefined || plain(entry.importContracts) !== false,
      importSteps: entry.importSteps === undefined || plain(entry.importSteps) !== false,
      ...(instrument === undefined ? {} : { instrument: clearable(instrument) }),
      subsetMode: mode,
      source,
    };
  }

  #task(label: string, node: Node): PipelineTask {
    const source = this.#place(node);
    if (isScalar(node)) {
      return { label, className: this.#text(node, `tasks.${label}`, true)!, overrides: [], source };
    }
    const entry = Object.fromEntries(this.#members(node, `tasks.${label}`)) as Record<string, Node>;
    for (const key of Object.keys(entry)) {
      if (key !== "class" && key !== "config") throw this.#error(`task '${label}' has no key '${key}'`, node);
    }
    return {
      label,
      className: this.#text(entry.class, `tasks.${label}.class`, true, node)!,
      overrides: this.#list(entry.config).flatMap((block) => this.#configBlock(label, block)),
      source,
    };
  }

  /** Within one block: files, then Python, then fields. */
  #configBlock(label: string, block: Node): ConfigOverride[] {
    const files: ConfigOverride[] = [];
    const python: ConfigOverride[] = [];
    const fields: ConfigOverride[] = [];
    for (const [path, value] of this.#members(block, `tasks.${label}.config`)) {
      const source = this.#place(value);
      if (path === "file") {
        for (const location of this.#names(value)) files.push({ kind: "file", location, source });
      } else if (path === "python") python.push({ kind: "python", source });
      else if (path !== "dataId") fields.push({ kind: "field", path, value: plain(value), source });
    }
    return [...files, ...python, ...fields];
  }

  #contract(node: Node): Contract {
    const source = this.#place(node);
    if (isScalar(node)) return { expression: this.#text(node, "contract", true)!, source };
    const entry = Object.fromEntries(this.#members(node, "contract")) as Record<string, Node>;
    const message = this.#text(entry.msg, "msg", false);
    return {
      expression: this.#text(entry.contract, "contract", true, node)!,
      ...(message === undefined ? {} : { message }),
      source,
    };
  }

  #subset(name: string, node: Node): [string, PipelineSubset] {
    if (!isMap(node)) return [name, { labels: this.#names(node), description: "" }];
    const entry = Object.fromEntries(this.#members(node, `subsets.${name}`)) as Record<string, Node>;
    if (!entry.subset) throw this.#error(`subset '${name}' needs a list 'subset'`, node);
    const description = this.#text(entry.description, "description", false) ?? "";
    return [name, { labels: this.#names(entry.subset), description }];
  }

  #step(node: Node): PipelineStep {
    const entry = Object.fromEntries(this.#members(node, "steps")) as Record<string, Node>;
    return {
      label: this.#text(entry.label, "label", true, node)!,
      dimensions: entry.dimensions ? this.#names(entry.dimensions) : [],
    };
  }

  #members(node: Node | undefined, what: string): [string, Node][] {
    if (node === undefined || (isScalar(node) && node.value === null)) return [];
    if (!isMap(node)) throw this.#error(`${what} is a mapping`, node);
    return node.items.map(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : String(key);
      return [name, (value ?? { range: (key as Node).range }) as Node];
    });
  }

  #list(node: Node | undefined): Node[] {
    if (node === undefined || (isScalar(node) && node.value === null)) return [];
    return isSeq(node) ? (node.items as Node[]) : [node];
  }

  #names(node: Node): string[] {
    return this.#list(node).map((item) => {
      if (!isScalar(item)) throw this.#error("a list of names is expected", item);
      return String(item.value);
    });
  }

  #text(node: Node | undefined, what: string, required: boolean, near?: Node): string | undefined {
    if (isScalar(node) && node.value !== null) return String(node.value);
    if (node === undefined && !required) return undefined;
    throw this.#error(`${what} ${node === undefined ? "is missing" : "is a text"}`, node ?? near ?? 1);
  }

  #place(node: Node): string {
    const offset = node.range?.[0];
    return offset === undefined ? this.#file : `${this.#file}:${this.#lines.linePos(offset).line}`;
  }

  #error(message: string, where: Node | number): AlmagestError {
    const place = typeof where === "number" ? `${this.#file}:${where}` : this.#place(where);
    return new AlmagestError("PIPELINE.YAML_INVALID", `${place}: ${message}.`, { fields: { place } });
  }
}

const IMPORT_KEYS = new Set([
  "location",
  "include",
  "exclude",
  "rename",
  "importContracts",
  "importSteps",
  "instrument",
  "labeledSubsetModifyMode",
]);

const clearable = (instrument: unknown): string | null =>
  instrument === null || instrument === "None" ? null : String(instrument);

function plain(node: Node): unknown {
  return typeof (node as { toJSON?: unknown }).toJSON === "function" ? node.toJSON() : null;
}
