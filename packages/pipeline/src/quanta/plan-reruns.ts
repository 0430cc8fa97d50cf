import type { Universe } from "@almagest/butler";
import type { PipelineGraph } from "../graph/pipeline-graph.ts";
import { metadataTypeName } from "../run/implicit-types.ts";
import { itemsOf } from "./adjacency.ts";
import type { PartSkeleton } from "./build-part.ts";
import { dataIdAt } from "./coded-rows.ts";
import type { ExistingOutputs } from "./existing-outputs.ts";

/** What decides which finished quanta run again. */
export interface RerunQuestion {
  readonly graph: PipelineGraph;
  readonly universe: Universe;
  readonly existing: ExistingOutputs;
  readonly skeletons: ReadonlyMap<string, PartSkeleton>;
  /** Globs of the dataset types whose datasets were kept; those of all others count as gone. */
  readonly retained: readonly string[];
}

/**
 * Which finished quanta must run again, by label: those with an output that was not kept and that a quantum reads which
 * runs. Goes backwards from the last task, so that a quantum made to run again wakes what it reads in turn.
 */
export function planReruns(question: RerunQuestion): Map<string, Uint8Array> {
  const { graph, universe, existing, skeletons } = question;
  const patterns = question.retained.map(globToPattern);
  const isRetained = (name: string): boolean => patterns.some((pattern) => pattern.test(name));
  const needed = new Map<string, Uint8Array>();
  const reruns = new Map<string, Uint8Array>();
  for (const node of [...graph.tasks.values()].reverse()) {
    const skeleton = skeletons.get(node.label)!;
    const rows = skeleton.taskRows.get(node.label)!;
    const group = universe.completeGroup(node.dimensions);
    const again = new Uint8Array(rows.count);
    const wanted = node.outputs.flatMap(({ datasetType }) => {
      const flags = needed.get(datasetType);
      return flags ? [{ links: skeleton.link(node.label, datasetType), flags }] : [];
    });
    const upstream = node.inputs
      .filter(({ datasetType }) => graph.datasetTypes.get(datasetType)!.producer !== undefined)
      .filter(({ datasetType }) => !isRetained(datasetType));
    for (let quantum = 0; quantum < rows.count; quantum++) {
      const key = universe.dataIdKey(dataIdAt(rows, quantum), group);
      const isDone = existing.find(metadataTypeName(node.label), key) !== undefined;
      if (
        isDone &&
        wanted.some(({ links, flags }) => itemsOf(links, quantum).some((row) => flags[row] === 1))
      )
        again[quantum] = 1;
      if (isDone && again[quantum] === 0) continue;
      for (const { datasetType } of upstream) {
        let flags = needed.get(datasetType);
        if (!flags) {
          flags = new Uint8Array(skeleton.datasetRows.get(datasetType)!.count);
          needed.set(datasetType, flags);
        }
        for (const row of itemsOf(skeleton.link(node.label, datasetType), quantum)) flags[row] = 1;
      }
    }
    reruns.set(node.label, again);
  }
  return reruns;
}

function globToPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}
