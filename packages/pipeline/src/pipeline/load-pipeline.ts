import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { AlmagestError } from "@almagest/base";
import { applyImport, mergeImports, mergeLocal } from "./merge-pipelines.ts";
import { parsePipelineDocument } from "./parse-document.ts";
import type { Pipeline } from "./pipeline.ts";
import { expandLabels, keepTasks } from "./subset-pipeline.ts";

/** How pipeline files are found. */
export interface LoadPipelineOptions {
  /** Values for `$NAME` and `${NAME}` in locations; the process environment unless told. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Reads the text of an absolute path or URI; local files unless told. */
  readonly readText?: (location: string) => Promise<string>;
}

/**
 * Loads a pipeline file with all it imports. A fragment selects tasks: `file.yaml#isr,calibrate,subset`, or a range
 * `#isr..coadd` (between, inclusive; open ends allowed), which is applied when the pipeline graph is made. Relative
 * locations are looked for beside the importing file.
 * Throws `PIPELINE.FILE_MISSING`, `PIPELINE.YAML_INVALID`, `PIPELINE.IMPORT_CONFLICT`, `PIPELINE.LABEL_UNKNOWN`.
 */
export async function loadPipeline(location: string, options: LoadPipelineOptions = {}): Promise<Pipeline> {
  return load(location, process.cwd(), options, []);
}

/** Reads a pipeline from text; `name` stands for its file in messages and is where relative imports start. */
export async function parsePipeline(
  text: string,
  name = "pipeline.yaml",
  options: LoadPipelineOptions = {},
): Promise<Pipeline> {
  return assemble(text, name, options, [name]);
}

async function load(
  location: string,
  folder: string,
  options: LoadPipelineOptions,
  chain: readonly string[],
): Promise<Pipeline> {
  const [path = "", fragment] = splitFragment(expandVariables(location, options.environment ?? process.env));
  const file =
    /^[a-z][a-z0-9+]*:\/\//.test(path) && !path.startsWith("file:") ? path : localPath(path, folder);
  if (chain.includes(file)) {
    throw new AlmagestError(
      "PIPELINE.IMPORT_CONFLICT",
      `${file} imports itself: ${[...chain, file].join(" → ")}.`,
      {
        fields: { file, chain },
      },
    );
  }
  const readText = options.readText ?? ((from: string) => readFile(from, "utf8"));
  let text: string;
  try {
    text = await readText(file);
  } catch (cause) {
    const from = chain.at(-1);
    throw new AlmagestError(
      "PIPELINE.FILE_MISSING",
      `Cannot read the pipeline ${file}${from === undefined ? "" : `, imported by ${from}`}: ${(cause as Error).message}.`,
      { fields: { file, from }, cause },
    );
  }
  const pipeline = await assemble(text, file, options, [...chain, file]);
  return fragment === undefined ? pipeline : selectFragment(pipeline, fragment);
}

async function assemble(
  text: string,
  file: string,
  options: LoadPipelineOptions,
  chain: readonly string[],
): Promise<Pipeline> {
  const document = parsePipelineDocument(text, file);
  const imports: { pipeline: Pipeline; source: string }[] = [];
  for (const entry of document.imports) {
    const imported = await load(entry.location, dirname(file), options, chain);
    imports.push({ pipeline: applyImport(imported, entry), source: entry.source });
  }
  return mergeLocal(mergeImports(imports), document);
}

function selectFragment(pipeline: Pipeline, fragment: string): Pipeline {
  if (!fragment.includes("..")) {
    const names = fragment.split(",").map((name) => name.trim());
    return keepTasks(pipeline, expandLabels(pipeline, names), "DROP");
  }
  const [from = "", to = "", ...more] = fragment.split("..").map((name) => name.trim());
  if (more.length > 0 || fragment.includes(",") || (from === "" && to === "")) {
    throw new AlmagestError(
      "PIPELINE.EXPRESSION_INVALID",
      `'#${fragment}' is neither a list of labels nor one range 'first..last'.`,
      { fields: { fragment } },
    );
  }
  expandLabels(pipeline, [from, to].filter(Boolean));
  const parts = [from && `>=${from}`, to && `<=${to}`].filter(Boolean);
  return { ...pipeline, selection: parts.join(" & ") };
}

function splitFragment(location: string): [string, string | undefined] {
  const at = location.indexOf("#");
  return at < 0 ? [location, undefined] : [location.slice(0, at), location.slice(at + 1)];
}

function expandVariables(
  location: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return location.replace(/\$(?:\{(\w+)\}|(\w+))/g, (text, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? "";
    const value = environment[name];
    if (value === undefined) {
      throw new AlmagestError("PIPELINE.FILE_MISSING", `The variable ${text} in '${location}' is not set.`, {
        fields: { location, name },
      });
    }
    return value;
  });
}

function localPath(path: string, folder: string): string {
  if (path.startsWith("file://")) return fileURLToPath(path);
  return isAbsolute(path) ? path : resolve(folder, path);
}
