import type { RunSummary } from "@almagest/pipeline";

/** The failures of a run in a sentence or two: how many, and the first of each label. */
export function describeFailures(summary: RunSummary): string {
  const first = new Map(summary.failures.toReversed().map((failure) => [failure.label, failure]));
  const samples = [...first.values()].map(
    ({ label, dataId, message }) =>
      `${label} (${Object.entries(dataId)
        .map(([name, value]) => `${name}=${value}`)
        .join(", ")}): ${message}`,
  );
  return `${summary.failures.length} quanta failed in ${summary.outputRun}. ${samples.join(" | ")}`;
}
