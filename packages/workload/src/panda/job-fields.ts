import type { Json } from "@almagest/base";
import type { JobOrder } from "../manager/acquire-jobs.ts";

type Fields = Readonly<Record<string, Json>>;

function pandaMember(payload: Json | undefined): Fields {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return {};
  const { panda } = payload as { readonly [key: string]: Json };
  return typeof panda === "object" && panda !== null && !Array.isArray(panda) ? (panda as Fields) : {};
}

/** PanDA's name for the kind of slot a job needs. */
export function resourceType(cores: number, memoryMb: number): string {
  return `${cores > 1 ? "MCORE" : "SCORE"}${memoryMb / cores > 4000 ? "_HIMEM" : ""}`;
}

/**
 * A job as a real pilot wants it: every field it looks for, with what the member `panda` of the task's payload and then
 * of the job's says in place of the defaults (transformation, jobPars, files …; comma lists run parallel).
 */
export function toPandaJob(order: JobOrder): Record<string, Json> {
  const log = `${order.jobName.replaceAll(/[^A-Za-z0-9._-]/g, "_")}.${order.attemptId}.log.tgz`;
  const given = { ...pandaMember(order.taskPayload), ...pandaMember(order.jobPayload) };
  const named = Object.entries(given).map(([name, value]): [string, Json] => [
    name,
    // Only now is it known under which number the task was accepted.
    typeof value === "string" ? value.replaceAll("$JEDITASKID", String(order.taskId)) : value,
  ]);
  return {
    StatusCode: 0,
    PandaID: order.attemptId,
    taskID: order.taskId,
    jobsetID: order.workflowId,
    jobDefinitionID: order.workflowId,
    reqID: order.taskId,
    jobName: order.jobName,
    attemptNr: order.attemptNr,
    prodSourceLabel: "managed",
    processingType: order.label,
    transferType: "NULL",
    prodUserID: "almagest",
    homepackage: "NULL",
    swRelease: "NULL",
    cmtConfig: "NULL",
    cloud: "NULL",
    nucleus: "NULL",
    sourceSite: "NULL",
    destinationSE: "NULL",
    transformation: "NULL",
    jobPars: "",
    coreCount: order.cores,
    minRamCount: order.memoryMb,
    maxDiskCount: 0,
    maxWalltime: order.wallSec,
    maxCpuCount: order.wallSec,
    currentPriority: order.priority,
    resource_type: resourceType(order.cores, order.memoryMb),
    inFiles: "",
    realDatasetsIn: "",
    GUID: "",
    fsize: "",
    checksum: "",
    scopeIn: "",
    ddmEndPointIn: "",
    prodDBlocks: "",
    prodDBlockToken: "",
    dispatchDblock: "",
    dispatchDBlockToken: "",
    outFiles: log,
    realDatasets: order.label,
    destinationDblock: order.label,
    destinationDBlockToken: "",
    fileDestinationSE: "",
    ddmEndPointOut: "",
    scopeOut: "",
    logFile: log,
    logGUID: "",
    scopeLog: "almagest",
    nSent: 0,
    loopingCheck: false,
    noExecStrCnv: true,
    ...Object.fromEntries(named),
  };
}
