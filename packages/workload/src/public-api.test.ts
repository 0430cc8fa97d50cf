import assert from "node:assert/strict";
import { test } from "node:test";
import * as api from "./index.ts";

test("the public functions are these; widen the list only on purpose", () => {
  assert.deepEqual(Object.keys(api).sort(), [
    "DEFAULT_REQUEST",
    "DEFAULT_RETRY_RULES",
    "HARVESTER_PLUGINS",
    "WORKLOAD_ERRORS",
    "WorkloadClient",
    "connectWorkload",
    "createWorkloadManager",
    "describeApi",
    "harvestOnce",
    "laptopConfig",
    "launchOf",
    "openLogStore",
    "openWorkload",
    "orderJobs",
    "publishEvents",
    "readOperatorToken",
    "readServerFile",
    "readServiceConfig",
    "readWorkerLine",
    "runHarvester",
    "runPilot",
    "serviceConfigSchema",
    "startPandaServer",
    "startService",
    "writeWorkerLine",
  ]);
});
