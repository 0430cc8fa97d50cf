import type { Call } from "./call.ts";
import { FILE_CALLS } from "./calls/file-calls.ts";
import { HARVESTER_CALLS } from "./calls/harvester-calls.ts";
import { IDDS_CALLS } from "./calls/idds-calls.ts";
import { LOG_CALLS } from "./calls/log-calls.ts";
import { PILOT_CALLS } from "./calls/pilot-calls.ts";
import { SYSTEM_CALLS } from "./calls/system-calls.ts";
import { TASK_CALLS } from "./calls/task-calls.ts";
import { WORKLOAD_CALLS } from "./calls/workload-calls.ts";

/** Every call that is served. To add one, add an entry to the file of its kind. */
export const PANDA_CALLS: readonly Call[] = [
  ...PILOT_CALLS,
  ...SYSTEM_CALLS,
  ...TASK_CALLS,
  ...FILE_CALLS,
  ...IDDS_CALLS,
  ...WORKLOAD_CALLS,
  ...LOG_CALLS,
  ...HARVESTER_CALLS,
];
