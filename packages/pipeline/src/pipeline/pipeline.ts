/** Where a line of a pipeline came from, such as `drp.yaml:12`. */
export type SourcePlace = string;

/** One setting of a task's configuration, in the order they apply. */
export type ConfigOverride =
  | { readonly kind: "field"; readonly path: string; readonly value: unknown; readonly source: SourcePlace }
  | { readonly kind: "file"; readonly location: string; readonly source: SourcePlace }
  | { readonly kind: "python"; readonly source: SourcePlace };

/** One task of a pipeline: its label, the class named in the file, and its settings. */
export interface PipelineTask {
  readonly label: string;
  readonly className: string;
  readonly overrides: readonly ConfigOverride[];
  readonly source: SourcePlace;
}

/** A condition on the configurations of several tasks. */
export interface Contract {
  readonly expression: string;
  readonly message?: string;
  readonly source: SourcePlace;
}

/** A named group of task labels. */
export interface PipelineSubset {
  readonly labels: readonly string[];
  readonly description: string;
}

/** A subset that is run as one step of a campaign, in shards of these dimensions. */
export interface PipelineStep {
  readonly label: string;
  readonly dimensions: readonly string[];
}

/** A pipeline after all imports: tasks by label, not yet resolved to code. */
export interface Pipeline {
  readonly description: string;
  /** Python class of the instrument, when the pipeline is for one. */
  readonly instrument?: string;
  readonly tasks: ReadonlyMap<string, PipelineTask>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly contracts: readonly Contract[];
  readonly subsets: ReadonlyMap<string, PipelineSubset>;
  readonly steps: readonly PipelineStep[];
  /** Task selection still to be made when the graph is known (a fragment such as `#isr..coadd`). */
  readonly selection?: string;
}

/** A pipeline without tasks. */
export const EMPTY_PIPELINE: Pipeline = {
  description: "",
  tasks: new Map(),
  parameters: {},
  contracts: [],
  subsets: new Map(),
  steps: [],
};
