import type { ProgressEvent } from "@almagest/pipeline";
import { type StageProgress, startStage } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Shows a pipeline run as one bar over all quanta, naming what runs now; give it as `onProgress`. */
export function showRun(
  terminal: Terminal,
  title: string,
): { onProgress: (event: ProgressEvent) => void; end(): void } {
  const stage: StageProgress = startStage(terminal, title);
  let closing = "";
  return {
    onProgress(event) {
      let [done, total, failed, skipped] = [0, 0, 0, 0];
      for (const label of event.labels) {
        done += label.succeeded + label.skipped + label.failed + label.blocked;
        total += label.expected;
        failed += label.failed;
        skipped += label.skipped;
      }
      const running = event.labels.filter((label) => label.running > 0).map((label) => label.label);
      stage.update(done, total, running.join(", "));
      const notes = [`${total} quanta`];
      if (skipped > 0) notes.push(`${skipped} done before`);
      if (failed > 0) notes.push(`${failed} failed`);
      closing = notes.join(", ");
    },
    end: () => stage.end(closing),
  };
}
