// Run by ../detector.ts as a process of its own on one core: one detector from its raw file to calibrated image and table, twice:
// in a new process, and once more in that process, as a worker treats its second detector.
import { loadPipeline, runPipeline } from "@almagest/pipeline";
import { openRepository } from "../../../packages/almagest/src/open-repository.ts";
import { RUNTIME_URL } from "../../../packages/almagest/src/runtime.ts";

const [repository, pipeline, instrument, inputs, outputRun] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const butler = await openRepository(repository, { writeable: true });

async function processDetector(run: string): Promise<Record<string, unknown>> {
  const started = performance.now();
  const startedCpu = process.cpuUsage();
  const summary = await runPipeline({
    butler,
    pipeline: await loadPipeline(`${pipeline}#isr,calibrateImage`),
    runtimeModule: await import(RUNTIME_URL),
    where: `instrument = '${instrument}' AND exposure.observation_type = 'science'`,
    inputs: inputs.split(","),
    outputRun: run,
    workers: 0,
  });
  const { user, system } = process.cpuUsage(startedCpu);
  return {
    status: summary.status,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    memoryMb: process.resourceUsage().maxRSS / 1024,
    failures: summary.failures,
  };
}

const cold = await processDetector(`${outputRun}/first`);
const warm = await processDetector(`${outputRun}/second`);
await butler.close();
console.log(JSON.stringify({ cold, warm }));
