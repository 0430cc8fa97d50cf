import type { DataId, DataIdValue } from "@almagest/butler";
import type { BpsConfig } from "../config/bps-config.ts";
import type { QuantumNodes } from "./quantum-nodes.ts";

/** Quanta that one job runs, one after the other. */
export interface Cluster {
  /** Unique, usable as a file name. */
  readonly name: string;
  /** The task's label, or the label of the cluster section. */
  readonly label: string;
  /** Dimension values that all its quanta share, for naming and folders. */
  readonly tags: DataId;
  /** Numbers of quanta, ascending: running order. */
  readonly quanta: readonly number[];
}

/** What is known of a task from past runs. */
export interface TaskCost {
  readonly seconds: number;
  readonly memoryMb?: number;
}

/** What a clustering algorithm is given. */
export interface ClusterRequest {
  readonly nodes: QuantumNodes;
  readonly config: BpsConfig;
  /** Mean cost of a quantum by task label, where measured. */
  readonly costs: ReadonlyMap<string, TaskCost>;
}

/** Divides quanta into clusters; every quantum is in exactly one. */
export type ClusterAlgorithm = (request: ClusterRequest) => Cluster[];

/** A text usable as a file name. */
export function safeName(text: string): string {
  return text
    .replace(/[^\w.+-]+/g, "_")
    .replace(/_{2,}/g, "_")
    .replace(/^_|_$/g, "");
}

/** Fills `{dimension}` of a template; dimensions that a quantum lacks become nothing. */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, DataIdValue | undefined>>,
): string {
  return safeName(template.replace(/\{(\w+)\}/g, (_all, name) => String(values[name] ?? "")));
}
