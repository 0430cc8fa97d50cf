import type { Json } from "@almagest/base";
import type { Queue } from "../scheduling/resources.ts";

/** A queue as a pilot reads it from the schedconfig cache. Memory in MB, times in seconds; `timefloor` 0: the pilot takes
 * one job and ends. */
export function queueJson(queue: Queue): Record<string, Json> {
  return {
    nickname: queue.name,
    panda_resource: queue.name,
    panda_queue: queue.name,
    atlas_site: queue.facility,
    site: queue.facility,
    resource_type: "GRID",
    state: "ACTIVE",
    status: queue.status === "drain" ? "brokeroff" : queue.status,
    type: "unified",
    corecount: queue.cores,
    maxrss: queue.memoryMb,
    maxwdir: queue.diskMb,
    maxtime: queue.wallSec,
    timefloor: 0,
    catchall: "mv_final_destination",
    container_type: "none:pilot",
    container_options: "",
    copytools: { mv: { setup: "" } },
    acopytools: { default: ["mv"], pr: ["mv"], pw: ["mv"], pl: ["mv"] },
    astorages: {},
    params: {},
    allow_lan: true,
    allow_wan: true,
    is_cvmfs: false,
    appdir: "",
  };
}
