import type { ConfigTree } from "./config-tree.ts";

/** What holds where a submit file says nothing: Rubin's own defaults where the key exists there. */
export const BPS_DEFAULTS: ConfigTree = {
  payload: { runInit: true, output: "u/{operator}/{payloadName}", outputRun: "{output}/{timestamp}" },
  pipetask: {},
  cluster: {},
  site: {},
  cloud: {},
  preemptible: true,
  requestMemory: 2048,
  requestCpus: 1,
  numberOfRetries: 5,
  retryUnlessExit: [1, 2],
  memoryMultiplier: 2,
  memoryLimit: 491520,
  wmsServiceClass: "local",
  clusterAlgorithm: "single",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the environment is put in when it is read.
  submitPath: "${PWD}/submit/{outputRun}",
  qgraphFileTemplate: "{uniqProcName}.qg",
  subDirTemplate: "{label}/{tract}/{patch}/{band}/{subfilter}/{physical_filter}/{visit}/{exposure}",
  templateDataId: "{tract}_{patch}_{band}_{visit}_{exposure}_{detector}",
  finalJob: { whenSetup: "NEVER", whenRun: "ALWAYS" },
  executionButler: { whenCreate: "NEVER" },
};
