// Run by ../detector.ts as a process of its own on one core: one detector from its raw file to calibrated image and table.
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
const started = performance.now();
const startedCpu = process.cpuUsage();
const summary = await runPipeline({
  butler,
  pipeline: await loadPipeline(`${pipeline}#isr,calibrateImage`),
  runtimeModule: await import(RUNTIME_URL),
  where: `instrument = '${instrument}' AND exposure.observation_type = 'science'`,
  inputs: inputs.split(","),
  outputRun,
  workers: 0,
});
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(startedCpu);
await butler.close();
const memoryMb = process.resourceUsage().maxRSS / 1024;
console.log(
  JSON.stringify({
    status: summary.status,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    memoryMb,
    failures: summary.failures,
  }),
);
