import { spawn } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { z } from "zod";
import { NoWorkFound } from "../no-work-found.ts";
import { InvalidQuantumError, RepeatableQuantumError } from "../quantum-errors.ts";
import { FileValue } from "../run/file-value.ts";
import {
  type Connections,
  type DatasetHandle,
  defineTask,
  inputs,
  outputs,
  prerequisites,
  type TaskContext,
} from "../task.ts";

const connection = z.object({
  datasetType: z.string().describe("Name of the dataset type."),
  storageClass: z.string().describe("Its storage class."),
  dimensions: z.array(z.string()).describe("Its dimensions."),
  isCalibration: z.boolean().default(false).describe("Found by the time of the quantum."),
  minimum: z.number().int().min(0).default(1).describe("Fewest datasets with which the command runs."),
});

const config = z.object({
  dimensions: z.array(z.string()).default([]).describe("Dimensions of a quantum."),
  command: z
    .array(z.string())
    .default([])
    .describe(
      "Program and arguments. A word `{name}` becomes the files of that connection, each a word of its own; `{name}` within a word needs exactly one file; `{dimension.visit}` becomes a value of the data id.",
    ),
  environment: z.record(z.string(), z.string()).default({}).describe("Further environment variables."),
  inputs: z.record(z.string(), connection).default({}).describe("Inputs by name."),
  prerequisites: z.record(z.string(), connection).default({}).describe("Inputs that must exist before."),
  outputs: z.record(z.string(), connection).default({}).describe("Outputs by name: files it writes."),
  noWorkExit: z.number().int().default(3).describe("Exit code that says there was nothing to do."),
});

type Config = z.output<typeof config>;

/** Exit codes with which the original's programs tell of failures that would come again, and of invalid quanta. */
const REPEATABLE_EXIT = 20;
const INVALID_EXIT = 21;
const KEPT_ERROR_CHARS = 4000;

/**
 * A task that is a program of any kind: its inputs are files, and so are its outputs, which it writes where it is told.
 * What it is, a pipeline file says in the task's configuration.
 */
export const commandTask = defineTask({
  name: "command",
  pythonClasses: [],
  doc: "Runs a program on the files of a quantum.",
  dimensions: [],
  dimensionsOf: ({ dimensions }: Config) => dimensions,
  config,
  connections: (settings: Config): Connections => {
    const edges = <T>(
      declared: Config["inputs"],
      make: (options: z.output<typeof connection> & { name: string; doc: string; deferLoad: boolean }) => T,
    ): Record<string, T> =>
      Object.fromEntries(
        Object.entries(declared).map(([name, options]) => [
          name,
          make({ ...options, name: options.datasetType, doc: name, deferLoad: true }),
        ]),
      );
    return {
      ...edges(settings.inputs, inputs),
      ...edges(settings.prerequisites, prerequisites),
      ...edges(settings.outputs, outputs),
    };
  },
  async run(context, given) {
    const folder = await mkdtemp(join(tmpdir(), "almagest-command-"));
    const files = new Map<string, string[]>();
    for (const [name, handles] of Object.entries(given as Record<string, DatasetHandle<unknown>[]>)) {
      files.set(
        name,
        handles.map((handle) => handle.path!()),
      );
    }
    const made = new Map<string, string[]>();
    for (const name of Object.keys(context.config.outputs)) {
      const extension = context.outputExtensions?.[name] ?? "";
      made.set(
        name,
        (context.outputDataIds[name] ?? []).map((_, i) => join(folder, `${name}-${i}${extension}`)),
      );
    }
    const [program, ...words] = expandCommand(context, new Map([...files, ...made]));
    try {
      await runProgram(context, program, words, folder);
      const result: Record<string, unknown[]> = {};
      for (const [name, paths] of made) {
        result[name] = await Promise.all(
          paths.map(async (path) =>
            (await stat(path).catch(() => undefined)) ? new FileValue(path) : undefined,
          ),
        );
      }
      if (Object.values(result).every((values) => values.every((value) => value === undefined)))
        await rm(folder, { recursive: true, force: true });
      return result as never;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  },
});

function expandCommand(
  { config, dataId, label }: TaskContext<Config>,
  files: ReadonlyMap<string, readonly string[]>,
): [string, ...string[]] {
  const words = config.command.flatMap((word) => {
    const whole = /^\{(\w+)\}$/.exec(word);
    if (whole && files.has(whole[1]!)) return files.get(whole[1]!)!;
    return word.replace(/\{([\w.]+)\}/g, (text, name: string) => {
      const value = name.startsWith("dimension.") ? dataId[name.slice(10)] : undefined;
      if (value !== undefined) return String(value);
      const list = files.get(name);
      if (list?.length === 1) return list[0]!;
      throw new InvalidQuantumError(
        `${label}: '${text}' in its command is ${list ? `${list.length} files, not one` : "no connection and no dimension"}.`,
      );
    });
  });
  const [program, ...rest] = words;
  if (program === undefined) throw new InvalidQuantumError(`${label} has no command.`);
  return [program, ...rest];
}

function runProgram(
  { config, log, label, setMetadata }: TaskContext<Config>,
  program: string,
  words: readonly string[],
  folder: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: folder,
      env: { ...process.env, ...config.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let complaint = "";
    child.stdout.on("data", (bytes: Buffer) => log.info(String(bytes).trimEnd()));
    child.stderr.on("data", (bytes: Buffer) => {
      complaint = (complaint + String(bytes)).slice(-KEPT_ERROR_CHARS);
    });
    child.once("error", (cause) =>
      reject(new InvalidQuantumError(`${label}: ${program} cannot be started: ${cause.message}.`)),
    );
    child.once("close", (code, signal) => {
      setMetadata("exitCode", code ?? -1);
      if (complaint !== "") log.warn(complaint.trimEnd());
      const message = `${label}: ${program} ended with ${signal ?? `exit code ${code}`}: ${complaint.trim().split("\n").pop() ?? ""}`;
      if (code === 0) resolve();
      else if (code === config.noWorkExit) reject(new NoWorkFound(message));
      else if (code === REPEATABLE_EXIT) reject(new RepeatableQuantumError(message));
      else if (code === INVALID_EXIT) reject(new InvalidQuantumError(message));
      else reject(new AlmagestError("PIPELINE.COMMAND_FAILED", message, { fields: { label, code, signal } }));
    });
  });
}
