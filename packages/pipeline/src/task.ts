import type { Logger, Random } from "@almagest/base";
import type { Butler, DataId, DatasetRef, DimensionRecord } from "@almagest/butler";
import type { z } from "zod";

/** One typed edge of a task: which dataset type it reads or writes, and how. `name` may hold `{template}` fields. */
export interface Connection<T = unknown, Multiple extends boolean = boolean> {
  readonly kind: "input" | "prerequisite" | "output" | "initInput" | "initOutput";
  /** Dataset type name, or `parent.component`. */
  readonly name: string;
  readonly storageClass: string;
  readonly doc: string;
  readonly dimensions: readonly string[];
  readonly multiple: Multiple;
  /** Hand the task a handle instead of the value. */
  readonly deferLoad: boolean;
  readonly isCalibration: boolean;
  /** Fewest datasets with which the quantum still runs; 0 makes the connection optional. */
  readonly minimum: number;
  /** Keep this input out of the query that finds the quanta. */
  readonly deferGraphConstraint: boolean;
  /** Prerequisites only: finds the datasets instead of the usual search. */
  readonly lookup?: PrerequisiteLookup;
  /** Type witness only; never set. */
  readonly _value?: T;
}

/** What a prerequisite's own search is asked: the datasets of each of some quanta, in the order they shall have. */
export interface LookupQuestion {
  readonly datasetType: string;
  /** With implied values. */
  readonly dataIds: readonly DataId[];
  /** In search order. */
  readonly collections: readonly string[];
}

/** A search of a task's own for its prerequisites: for all quanta at once, so that it may ask the Butler in bulk. */
export type PrerequisiteLookup = (
  butler: Pick<Butler, "universe" | "queryDataIdTable" | "queryDatasets" | "findDatasets">,
  question: LookupQuestion,
) => Promise<readonly (readonly DatasetRef[])[]>;

/** The connections of a task by name. */
export type Connections = Readonly<Record<string, Connection>>;

/** A lazy dataset: its data id and how to load it (or one component, or a part). */
export interface DatasetHandle<T> {
  readonly dataId: DataId;
  readonly datasetType: string;
  readonly id: string;
  /** The local file that holds it. Throws `PIPELINE.UNSUPPORTED` for a member of an archive. */
  path?(): string;
  get(): Promise<T>;
  get(options: { component?: string; parameters?: Record<string, unknown> }): Promise<unknown>;
}

type ValueOf<C> = C extends Connection<infer T, infer M> ? (M extends true ? readonly T[] : T) : never;

/** What `run` receives: every input and prerequisite connection by name; optional ones may be undefined.
 * With deferLoad the declared T is itself a DatasetHandle. */
export type Inputs<C extends Connections> = {
  readonly [K in keyof C as C[K]["kind"] extends "input" | "prerequisite" ? K : never]: ValueOf<C[K]>;
};

/** What `run` returns: every output connection by name; an absent one is a missing output.
 * For a `multiple` output, an array parallel to `context.outputDataIds[name]`. */
export type Outputs<C extends Connections> = {
  readonly [K in keyof C as C[K]["kind"] extends "output" ? K : never]?: ValueOf<C[K]>;
};

/** Everything a quantum may know besides its inputs. The random stream depends on label and data id only. */
export interface TaskContext<Config> {
  readonly label: string;
  readonly config: Config;
  readonly dataId: DataId;
  /** Dimension records of the data id by element name. */
  readonly records: Readonly<Record<string, DimensionRecord>>;
  /** Values of the init inputs by connection: the same for all quanta of a run. */
  readonly initInputs?: Readonly<Record<string, unknown>>;
  /** Data ids of each input connection, parallel to its values. */
  readonly inputDataIds: Readonly<Record<string, readonly DataId[]>>;
  readonly outputDataIds: Readonly<Record<string, readonly DataId[]>>;
  /** How the file names of each output connection end. */
  readonly outputExtensions?: Readonly<Record<string, string>>;
  readonly log: Logger;
  readonly random: Random;
  /** Adds one figure or word to the quantum's stored metadata. */
  setMetadata(key: string, value: number | string | boolean): void;
}

/** What `init` knows. */
export interface InitQuestion<Config> {
  readonly label: string;
  readonly config: Config;
  /** Values of the init inputs by connection. */
  readonly initInputs: Readonly<Record<string, unknown>>;
}

/** What `adjustQuantum` knows: data ids of every connection's datasets. */
export interface AdjustedQuantum<Config> {
  readonly label: string;
  readonly config: Config;
  /** With implied values. */
  readonly dataId: DataId;
  readonly inputs: Readonly<Record<string, readonly DataId[]>>;
  readonly outputs: Readonly<Record<string, readonly DataId[]>>;
}

/** Positions of the inputs to keep, by connection; connections that are not named stay as they are. */
export type AdjustedInputs = Readonly<Record<string, readonly number[]>>;

/** One processing step: its configuration, its connections, and what it does to one quantum. */
export interface Task<Schema extends z.ZodType = z.ZodType, C extends Connections = Connections> {
  /** Default label, such as `isr`. */
  readonly name: string;
  /** Class names in Rubin pipeline files that mean this task. */
  readonly pythonClasses: readonly string[];
  readonly doc: string;
  readonly dimensions: readonly string[];
  /** For a task whose dimensions its configuration says. */
  dimensionsOf?(config: z.output<Schema>): readonly string[];
  /** zod object schema: every field has a default and a description. */
  readonly config: Schema;
  connections(config: z.output<Schema>): C;
  /** Default values of the `{template}` fields in connection names; a config's `connections` section overrides them. */
  readonly templates?: Readonly<Record<string, string>>;
  /** Makes what the task gives to its whole run (init outputs by connection), before any quantum: schemas, say. Called
   * once, after those of the tasks whose init outputs it reads. */
  init?(question: InitQuestion<z.output<Schema>>): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Leaves out inputs of a quantum: asked when a graph is built, and again before the quantum runs where inputs did not
   * come to be. Gives, for each connection that it changes, the positions of those to keep. Throws `NoWorkFound` for a
   * quantum that shall not be.
   */
  adjustQuantum?(question: AdjustedQuantum<z.output<Schema>>): AdjustedInputs;
  run(context: TaskContext<z.output<Schema>>, inputs: Inputs<C>): Promise<Outputs<C>>;
}

/** A task of any configuration and connections, as the task table holds it. */
// biome-ignore lint/suspicious/noExplicitAny: the table erases each task's own types
export type AnyTask = Task<any, any>;

/** Declares a task; only fixes the types. */
export function defineTask<Schema extends z.ZodType, C extends Connections>(
  task: Task<Schema, C>,
): Task<Schema, C> {
  return task;
}

type EdgeOptions = {
  name: string;
  storageClass: string;
  doc: string;
  dimensions: readonly string[];
  deferLoad?: boolean;
  isCalibration?: boolean;
  minimum?: number;
  deferGraphConstraint?: boolean;
  lookup?: PrerequisiteLookup;
};

function edge<T, M extends boolean>(
  kind: Connection["kind"],
  multiple: M,
  options: EdgeOptions,
): Connection<T, M> {
  return {
    kind,
    multiple,
    deferLoad: false,
    isCalibration: false,
    minimum: 1,
    deferGraphConstraint: options.minimum === 0,
    ...options,
  };
}

/** One input per quantum. */
export function input<T>(options: EdgeOptions): Connection<T, false> & { kind: "input" } {
  return edge<T, false>("input", false, options) as Connection<T, false> & { kind: "input" };
}

/** Many inputs per quantum, given as a list ordered by data id. */
export function inputs<T>(options: EdgeOptions): Connection<T, true> & { kind: "input" } {
  return edge<T, true>("input", true, options) as Connection<T, true> & { kind: "input" };
}

/** One input that must exist before the graph is built (a calibration, a sky map). */
export function prerequisite<T>(options: EdgeOptions): Connection<T, false> & { kind: "prerequisite" } {
  return edge<T, false>("prerequisite", false, options) as Connection<T, false> & { kind: "prerequisite" };
}

/** Many inputs that must exist before the graph is built (reference catalogue shards). */
export function prerequisites<T>(options: EdgeOptions): Connection<T, true> & { kind: "prerequisite" } {
  return edge<T, true>("prerequisite", true, options) as Connection<T, true> & { kind: "prerequisite" };
}

/** One output per quantum. */
export function output<T>(options: EdgeOptions): Connection<T, false> & { kind: "output" } {
  return edge<T, false>("output", false, options) as Connection<T, false> & { kind: "output" };
}

/** Many outputs per quantum. */
export function outputs<T>(options: EdgeOptions): Connection<T, true> & { kind: "output" } {
  return edge<T, true>("output", true, options) as Connection<T, true> & { kind: "output" };
}

type InitOptions = Pick<EdgeOptions, "name" | "storageClass" | "doc">;

/** An input that is the same for the whole run: an init output of another task, or a dataset without dimensions. */
export function initInput<T>(options: InitOptions): Connection<T, false> & { kind: "initInput" } {
  return edge<T, false>("initInput", false, { ...options, dimensions: [] }) as Connection<T, false> & {
    kind: "initInput";
  };
}

/** An output of the whole run, which `init` makes. */
export function initOutput<T>(options: InitOptions): Connection<T, false> & { kind: "initOutput" } {
  return edge<T, false>("initOutput", false, { ...options, dimensions: [] }) as Connection<T, false> & {
    kind: "initOutput";
  };
}
