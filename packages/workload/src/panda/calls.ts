import type { Call } from "./call.ts";
import { PILOT_CALLS } from "./calls/pilot-calls.ts";
import { SYSTEM_CALLS } from "./calls/system-calls.ts";
import { WORKLOAD_CALLS } from "./calls/workload-calls.ts";

/** Every call that is served. To add one, add an entry to the file of its kind. */
export const PANDA_CALLS: readonly Call[] = [...PILOT_CALLS, ...SYSTEM_CALLS, ...WORKLOAD_CALLS];
