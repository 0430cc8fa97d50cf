import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTrivial } from "../../bench/graph/trivial-run.ts";
import type { Bar } from "../../scripts/bar.ts";
import { runPython } from "../python.ts";

const SIZE = { exposures: 20, detectors: 10 };

async function readPacked(): Promise<{ figure: string; pass: boolean; note: string }> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-documents-"));
  try {
    const root = join(folder, "repo");
    const { summary } = await runTrivial(root, SIZE);
    const quanta = summary.labels.reduce((sum, { succeeded }) => sum + succeeded, 0);
    const found = runPython<Record<"metadata" | "logs" | "packed" | "outputs" | "afterPrune", number>>(
      ["lsst.pipe.base", "lsst.daf.butler"],
      new URL("./read-documents.py", import.meta.url).pathname,
      [root, "bench"],
      true,
    );
    return {
      figure: `${found.metadata + found.logs} of ${2 * quanta}`,
      pass:
        found.metadata === quanta &&
        found.logs === quanta &&
        found.outputs === quanta &&
        found.packed > 0 &&
        found.afterPrune === 1,
      note: `${found.packed} of them in archives; one log pruned by the original, its neighbour in the archive stays`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The original's Butler reads the metadata and logs that a run of short quanta left in archives. */
export const bars: Bar[] = [
  { name: "metadata and logs in archives", goal: "all read by lsst.daf.butler", measure: readPacked },
];
