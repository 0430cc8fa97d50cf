import { extname } from "node:path";
import { performance } from "node:perf_hooks";
import { AlmagestError, createLogger, createRandom, systemClock } from "@almagest/base";
import { createQuantumButler, type DatasetRef, formatterOf, type QuantumButler } from "@almagest/butler";
import { checksumOf, resolveWithin } from "@almagest/resources";
import { isEncodingFormatter } from "../formatters/encoding-formatter.ts";
import type { Edge } from "../graph/task-node.ts";
import { NoWorkFound } from "../no-work-found.ts";
import { AlgorithmError, AnnotatedPartialOutputsError, noWorkCaveats } from "../quantum-errors.ts";
import type { DatasetHandle, TaskContext } from "../task.ts";
import { adjustInputs } from "./adjust-inputs.ts";
import { type ButlerLogRecord, type ButlerLogRecords, toButlerLogRecord } from "./log-records.ts";
import { peakMemoryBytes } from "./peak-memory.ts";
import {
  describeError,
  type QuantumDocument,
  type QuantumJob,
  type QuantumResult,
  type WrittenOutput,
} from "./quantum-job.ts";
import type { LoadedRuntime, LoadedTask } from "./runtime.ts";
import { createTaskMetadata, type MetadataValue } from "./task-metadata.ts";
import { writeOutput } from "./write-output.ts";

/** Where a quantum runs. */
export interface QuantumPlace {
  readonly runtime: LoadedRuntime;
  /** Root of the repository. */
  readonly root: string;
  readonly checksum: boolean;
  /** Keep what a task made before it threw `AnnotatedPartialOutputsError`, and count that as success. */
  readonly acceptPartialOutputs?: boolean;
}

/** Runs one quantum against a Butler that knows only its own datasets: reads inputs, runs the task, writes outputs,
 * metadata and log. Never throws: a failure is part of the result, and its log is still written. */
export async function executeQuantum(job: QuantumJob, place: QuantumPlace): Promise<QuantumResult> {
  return new QuantumRun(job, place).execute();
}

class QuantumRun {
  readonly #job: QuantumJob;
  readonly #place: QuantumPlace;
  readonly #loaded: LoadedTask;
  readonly #butler: QuantumButler;
  readonly #written: WrittenOutput[] = [];
  readonly #documents: QuantumDocument[] = [];
  readonly #records: ButlerLogRecord[] = [];
  readonly #figures = new Map<string, MetadataValue>();
  readonly #mdc: Readonly<Record<string, string>>;
  readonly #startMs = systemClock.nowMs();
  readonly #started = performance.now();
  readonly #cpu = process.threadCpuUsage();
  #partial = false;
  #readMs = 0;
  #runMs = 0;
  #writeMs = 0;

  constructor(job: QuantumJob, place: QuantumPlace) {
    this.#job = job;
    this.#place = place;
    this.#loaded = place.runtime.tasks.get(job.label)!;
    this.#butler = createQuantumButler(
      { root: place.root, inputs: job.inputs, outputs: [] },
      place.runtime.formatters,
    );
    const words = job.required.map((name) => `${name}: ${JSON.stringify(job.dataId[name])}`);
    this.#mdc = { LABEL: `${job.label}:{${words.join(", ")}}`, RUN: job.outputs[job.log]?.ref.run ?? "" };
  }

  async execute(): Promise<QuantumResult> {
    const log = createLogger((record) => {
      this.#records.push(toButlerLogRecord(record, this.#job.label, this.#mdc));
    });
    let caveats = this.#job.inputsMissing ? "A" : "";
    try {
      let noWork = this.#job.noWork;
      if (noWork === undefined) {
        try {
          await this.#runTask(log);
        } catch (error) {
          if (!(error instanceof NoWorkFound)) throw error;
          noWork = error.message || "nothing to do";
          caveats += noWorkCaveats(error);
        }
      } else caveats += "N";
      if (this.#partial) caveats += "P";
      if (noWork !== undefined) {
        log.info(`No work: ${noWork}`);
      }
      const expected = Object.values(this.#job.outputsOf).flat().length;
      if (expected > 0 && this.#written.length < expected) caveats += this.#written.length === 0 ? "*" : "+";
      await this.#writeMetadata(caveats, noWork);
      await this.#keep(this.#job.log, { records: this.#records } satisfies ButlerLogRecords);
      return this.#result("succeeded", caveats);
    } catch (error) {
      log.error(`Failed: ${describeError(error).message}`, { error });
      return this.#fail(error, caveats);
    }
  }

  async #fail(error: unknown, caveats: string): Promise<QuantumResult> {
    const described = describeError(error);
    // Outputs of a failed quantum are not ingested; only its log is.
    this.#written.length = 0;
    this.#documents.length = 0;
    const extra = {
      exception: { type_name: described.code ?? "Error", message: described.message, metadata: {} },
      attempt: this.#job.attempt,
    };
    try {
      await this.#keep(this.#job.log, { records: this.#records, extra } satisfies ButlerLogRecords);
    } catch (logError) {
      const message = `${described.message} (and its log could not be written: ${describeError(logError).message})`;
      return { ...this.#result("failed", caveats), error: { ...described, message } };
    }
    return { ...this.#result("failed", caveats), error: described };
  }

  async #runTask(log: TaskContext<unknown>["log"]): Promise<void> {
    const job = this.#job;
    const readStart = performance.now();
    const inputs: Record<string, unknown> = {};
    const inputDataIds: TaskContext<unknown>["inputDataIds"] = {};
    const inputsOf = adjustInputs(job, this.#loaded);
    for (const edge of this.#loaded.edges) {
      if (edge.kind !== "input" && edge.kind !== "prerequisite") continue;
      const refs = (inputsOf[edge.connection] ?? []).map((position) => job.inputs[position]!.ref);
      (inputDataIds as Record<string, unknown>)[edge.connection] = refs.map((ref) => ref.dataId);
      inputs[edge.connection] = await this.#load(edge, refs);
    }
    const runStart = performance.now();
    this.#readMs = runStart - readStart;
    const positions = Object.entries(job.outputsOf);
    const context: TaskContext<unknown> = {
      label: job.label,
      config: this.#loaded.config,
      dataId: job.dataId,
      records: job.records,
      initInputs: this.#loaded.initInputs,
      inputDataIds,
      outputDataIds: Object.fromEntries(
        positions.map(([name, list]) => [name, list.map((position) => job.outputs[position]!.ref.dataId)]),
      ),
      outputExtensions: Object.fromEntries(
        positions.map(([name, list]) => [
          name,
          list[0] === undefined ? "" : extname(job.outputs[list[0]]!.path),
        ]),
      ),
      log,
      random: createRandom(`${job.label}/${JSON.stringify(job.required.map((name) => job.dataId[name]))}`),
      setMetadata: (key, value) => this.#figures.set(key, value),
    };
    let outputs: Readonly<Record<string, unknown>>;
    try {
      outputs = (await this.#loaded.task.run(context, inputs as never)) as Record<string, unknown>;
    } catch (error) {
      if (error instanceof AlgorithmError)
        for (const [key, value] of Object.entries(error.figures)) this.#figures.set(key, value);
      if (!(error instanceof AnnotatedPartialOutputsError) || !this.#place.acceptPartialOutputs) throw error;
      log.warn(`Partial outputs: ${error.message}`);
      this.#partial = true;
      outputs = error.outputs;
    } finally {
      this.#runMs = performance.now() - runStart;
    }
    await this.#writeOutputs(outputs ?? {});
    this.#release(inputs, outputs ?? {});
  }

  /** The quantum's own values are used up: their planes serve the next one. */
  #release(inputs: Readonly<Record<string, unknown>>, outputs: Readonly<Record<string, unknown>>): void {
    const { inputs: read, outputs: written, inputsOf, outputsOf } = this.#job;
    for (const { kind, connection, component, deferLoad } of this.#loaded.edges) {
      if (component !== undefined || deferLoad) continue;
      const [value, positions, located] =
        kind === "output"
          ? [outputs[connection], outputsOf[connection], written]
          : [inputs[connection], inputsOf[connection], read];
      const first = positions?.[0];
      if (value === undefined || first === undefined) continue;
      const formatter = formatterOf(this.#place.runtime.formatters, located[first]!);
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (formatter.release) for (const item of values) if (item !== undefined) formatter.release(item);
    }
  }

  async #load(edge: Edge, refs: readonly DatasetRef[]): Promise<unknown> {
    const component = edge.component === undefined ? {} : { component: edge.component };
    const loadOne = (ref: DatasetRef): Promise<unknown> | DatasetHandle<unknown> =>
      edge.deferLoad
        ? {
            dataId: ref.dataId,
            datasetType: ref.datasetType.name,
            id: ref.id,
            path: () => this.#fileOf(ref),
            get: (options: object = {}) => this.#butler.get(ref, { ...component, ...options }),
          }
        : this.#butler.get(ref, component);
    if (!edge.multiple) return refs[0] === undefined ? undefined : loadOne(refs[0]);
    const values: unknown[] = [];
    for (const ref of refs) values.push(await loadOne(ref));
    return values;
  }

  #fileOf(ref: DatasetRef): string {
    const { path } = this.#job.inputs.find((located) => located.ref.id === ref.id)!;
    if (!path.includes("#")) return path.startsWith("/") ? path : resolveWithin(this.#place.root, path);
    throw new AlmagestError(
      "PIPELINE.UNSUPPORTED",
      `'${ref.datasetType.name}' ${ref.id} is a member of an archive, not a file of its own.`,
      { fields: { id: ref.id } },
    );
  }

  async #writeOutputs(outputs: Readonly<Record<string, unknown>>): Promise<void> {
    const start = performance.now();
    for (const name of Object.keys(outputs)) {
      if (!Object.hasOwn(this.#job.outputsOf, name)) {
        throw new AlmagestError(
          "PIPELINE.OUTPUT_INVALID",
          `${this.#job.label} returned '${name}', which is none of its outputs (${Object.keys(this.#job.outputsOf).join(", ")}).`,
          { fields: { label: this.#job.label, connection: name } },
        );
      }
    }
    for (const edge of this.#loaded.edges) {
      if (edge.kind !== "output") continue;
      const value = outputs[edge.connection];
      const positions = this.#job.outputsOf[edge.connection] ?? [];
      const values = edge.multiple && value !== undefined ? (value as readonly unknown[]) : [value];
      if (value !== undefined && values.length !== positions.length) {
        throw new AlmagestError(
          "PIPELINE.OUTPUT_INVALID",
          `${this.#job.label} returned ${values.length} datasets for '${edge.connection}', which has ${positions.length} data ids.`,
          { fields: { label: this.#job.label, connection: edge.connection } },
        );
      }
      for (const [i, item] of values.entries()) if (item !== undefined) await this.#put(positions[i]!, item);
    }
    this.#writeMs = performance.now() - start;
  }

  async #writeMetadata(caveats: string, noWork: string | undefined): Promise<void> {
    const cpu = process.threadCpuUsage();
    const metadata = createTaskMetadata({
      label: this.#job.label,
      figures: this.#figures,
      startMs: this.#startMs,
      endMs: this.#startMs + (performance.now() - this.#started),
      readMs: this.#readMs,
      runMs: this.#runMs,
      writeMs: this.#writeMs,
      startCpuSec: (this.#cpu.user + this.#cpu.system) / 1e6,
      endCpuSec: (cpu.user + cpu.system) / 1e6,
      peakMemoryBytes: peakMemoryBytes(),
      caveats,
      ...(noWork === undefined ? {} : { noWork }),
      attempt: this.#job.attempt,
      inputIds: [...new Set(this.#job.inputs.map(({ ref }) => ref.id))],
      outputIds: this.#written.map(({ output }) => this.#job.outputs[output]!.ref.id),
    });
    await this.#keep(this.#job.metadata, metadata);
  }

  async #put(position: number, value: unknown): Promise<void> {
    const { root, runtime, checksum } = this.#place;
    const file = await writeOutput(root, runtime.formatters, this.#job.outputs[position]!, value, checksum);
    this.#written.push({ output: position, ...file });
  }

  /** Encodes a document that the driver stores; one that only a file can hold is written here. */
  async #keep(position: number, value: unknown): Promise<void> {
    const { runtime, checksum } = this.#place;
    const formatter = formatterOf(runtime.formatters, this.#job.outputs[position]!);
    if (!isEncodingFormatter(formatter)) return this.#put(position, value);
    const text = formatter.encode(value);
    this.#documents.push({ output: position, text, ...(checksum ? { checksum: checksumOf(text) } : {}) });
  }

  #result(status: QuantumResult["status"], caveats: string): QuantumResult {
    const seconds = (performance.now() - this.#started) / 1000;
    return {
      quantum: this.#job.quantum,
      status,
      caveats,
      seconds,
      written: this.#written,
      documents: this.#documents,
    };
  }
}
