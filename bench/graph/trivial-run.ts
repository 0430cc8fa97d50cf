import { createRepository, openButler } from "@almagest/butler";
import { parsePipeline, type RunSummary, runPipeline } from "@almagest/pipeline";
import { formatters } from "./trivial-tasks.ts";

/** How many data ids. */
export interface TrivialSize {
  readonly exposures: number;
  readonly detectors: number;
}

/** What a run of trivial quanta took, from the first result on: workers are warm then. */
export interface TrivialRun {
  readonly summary: RunSummary;
  readonly warmMs: number;
  readonly cpu: NodeJS.CpuUsage;
}

/** Makes a repository at `root` and runs two trivial tasks per exposure and detector there, into the run `bench`. */
export async function runTrivial(root: string, { exposures, detectors }: TrivialSize): Promise<TrivialRun> {
  await createRepository(root);
  await using butler = await openButler(root, { formatters, readOnly: false });
  const instrument = "BenchCam";
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  await butler.insertRecords("instrument", [{ name: instrument, class_name: "none" }]);
  await butler.insertRecords("physical_filter", [{ instrument, name: "r_01", band: "r" }]);
  await butler.insertRecords("day_obs", [{ instrument, id: 20260101 }]);
  await butler.insertRecords("group", [{ instrument, name: "g" }]);
  await butler.insertRecords(
    "detector",
    numbers(detectors).map((id) => ({ instrument, id, full_name: `D${id}` })),
  );
  await butler.insertRecords(
    "exposure",
    numbers(exposures).map((id) => ({
      instrument,
      id,
      obs_id: `e${id}`,
      group: "g",
      day_obs: 20260101,
      physical_filter: "r_01",
    })),
  );
  const pipeline = await parsePipeline("description: bench\ntasks: {make: make, take: take}\n");
  let warm: { ms: number; cpu: NodeJS.CpuUsage } | undefined;
  const summary = await runPipeline({
    butler,
    pipeline,
    runtimeModule: new URL("./trivial-tasks.ts", import.meta.url),
    where: `instrument='${instrument}'`,
    outputRun: "bench",
    workers: 2,
    onProgress: ({ kind }) => {
      if (kind === "finished") warm ??= { ms: performance.now(), cpu: process.cpuUsage() };
    },
  });
  return { summary, warmMs: performance.now() - warm!.ms, cpu: process.cpuUsage(warm!.cpu) };
}
