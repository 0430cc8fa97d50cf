/** The demo survey run as batch jobs: what the comparisons with real batch systems share. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

/** Our program. */
export const ALMAGEST: string = join(ROOT, "packages", "almagest", "bin", "almagest.js");

/** A submit file as for Rubin's bps: the science pipeline on the survey in `folder/demo`; `lines` are added at its root. */
export function submitYaml(folder: string, lines: string): string {
  return `pipelineYaml: "${ROOT}/packages/almagest/pipelines/science.yaml"
computeSite: here
project: demo
campaign: interop
operator: tester
submitPath: ${folder}/submit/{outputRun}
payload:
  payloadName: science
  butlerConfig: ${folder}/demo/repo
  inCollection: "SimCam/raw/all,SimCam/calib,refcats,skymaps"
  output: "u/{operator}/{payloadName}"
  outputRun: "{output}/first"
  dataQuery: "instrument = 'SimCam' AND exposure.observation_type = 'science' AND skymap = 'demo'"
requestMemory: 1024
requestWalltime: 10
clusterAlgorithm: lsst.ctrl.bps.quantum_clustering_funcs.dimension_clustering
cluster:
  visitDetector:
    pipetasks: isr, calibrateImage
    dimensions: visit, detector
    equalDimensions: visit:exposure
${lines}`;
}

/** A survey that takes longer hangs. */
const MOST_MS = 1_200_000;

/** Runs our program; gives what it printed, of standard error where there is nothing else. */
export function runAlmagest(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [ALMAGEST, ...args],
      { env, maxBuffer: 1 << 26, timeout: MOST_MS },
      (_error, stdout, stderr) => resolve(stdout || stderr),
    );
  });
}

/** Content of every science product under a run, by dataset type and data id. */
export function digestProducts(repository: string, run: string): Map<string, string> {
  const kinds = ["direct_warp", "deep_coadd", "visit_summary", "object"];
  const files = kinds.flatMap((kind) => globSync(`${run}/${kind}/**/*.{fits,parq}`, { cwd: repository }));
  return new Map(
    files.map((file) => [
      file.replaceAll(run, "RUN").replaceAll(run.replaceAll("/", "_"), "RUN"),
      createHash("sha256")
        .update(readFileSync(join(repository, file)))
        .digest("hex"),
    ]),
  );
}

/** How many products of one map are in the other with the same bytes. */
export function countSame(wanted: ReadonlyMap<string, string>, made: ReadonlyMap<string, string>): number {
  return [...wanted].filter(([name, sum]) => made.get(name) === sum).length;
}
