import type { Butler } from "@almagest/butler";
import { createPipelineGraph, loadPipeline, type RunSummary, renderPipelineSvg } from "@almagest/pipeline";
import { type BarRow, drawBars, type Panel, svgToDataUri } from "@almagest/report";
import { tasks } from "../runtime.ts";

interface StoredMetadata {
  readonly metadata: Readonly<Record<string, { readonly scalars: Readonly<Record<string, unknown>> }>>;
}

/** The pipeline as a drawing. */
export async function pipelinePanel(butler: Butler, pipelineFile: string): Promise<Panel> {
  const graph = createPipelineGraph(await loadPipeline(pipelineFile), { tasks, universe: butler.universe });
  return {
    title: "The pipeline",
    caption: "Tasks and the datasets between them, as the pipeline file declares them.",
    src: svgToDataUri(renderPipelineSvg(graph)),
    light: true,
    wide: true,
  };
}

/** Seconds each task took, summed over its quanta, from the metadata that every quantum leaves. */
export async function timePanel(butler: Butler, runs: readonly string[]): Promise<Panel | undefined> {
  const rows: BarRow[] = [];
  for (const type of await butler.queryDatasetTypes("*_metadata")) {
    const refs = await butler.queryDatasets(type.name, { collections: runs });
    let seconds = 0;
    for (const ref of refs) {
      const stored = (await butler.get(ref)) as StoredMetadata;
      seconds += Number(stored.metadata.quantum?.scalars.elapsedSec ?? 0);
    }
    if (refs.length === 0) continue;
    const label = type.name.replace(/_metadata$/, "");
    const each = seconds / refs.length;
    rows.push({ name: label, value: seconds, note: `${refs.length} × ${each.toFixed(each < 1 ? 2 : 1)} s` });
  }
  if (rows.length === 0) return undefined;
  rows.sort((a, b) => b.value - a.value);
  return {
    title: "Time per task",
    caption: "Seconds of one core, summed over all quanta of a task; quanta × mean seconds each.",
    svg: drawBars(rows, "seconds"),
  };
}

/** Quanta and seconds per label, for the table that ends a run. */
export function summariseRun(summary: RunSummary): Record<string, unknown>[] {
  return summary.labels.map((label) => ({
    task: label.label,
    quanta: label.expected,
    done: label.succeeded + label.skipped,
    failed: label.failed,
    "seconds each": Number((label.seconds / Math.max(1, label.succeeded)).toFixed(2)),
    "seconds all": Number(label.seconds.toFixed(1)),
  }));
}
