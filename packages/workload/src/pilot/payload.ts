import type { Json } from "@almagest/base";
import type { JobOrder } from "../manager/acquire-jobs.ts";

/** How a pilot runs a payload: the only part of a payload that this room reads. */
export interface Launch {
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** True: the program is a warm worker that takes many jobs by the line protocol. False: it is the job. */
  readonly warm: boolean;
}

function member(payload: Json | undefined, name: string): Json | undefined {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return undefined;
  return (payload as { readonly [key: string]: Json })[name];
}

function environmentOf(payload: Json | undefined): Readonly<Record<string, Json>> {
  const value = member(payload, "environment");
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};
}

/**
 * The launch of a job: member `worker: {command, environment}` of the task's payload for a warm worker, else member
 * `command` of the job's or the task's payload, with the `environment` of both. Undefined when there is neither.
 */
export function launchOf(order: Pick<JobOrder, "taskPayload" | "jobPayload">): Launch | undefined {
  const worker = member(order.taskPayload, "worker");
  const source =
    worker ?? (member(order.jobPayload, "command") === undefined ? order.taskPayload : order.jobPayload);
  const command = member(source, "command");
  if (!Array.isArray(command) || command.length === 0 || !command.every((word) => typeof word === "string"))
    return undefined;
  const environment = Object.entries({
    ...environmentOf(worker ?? order.taskPayload),
    // A warm worker is shared by jobs; what differs between them is in the job.
    ...(worker === undefined ? environmentOf(order.jobPayload) : {}),
  });
  return {
    command: command as string[],
    environment: Object.fromEntries(environment.map(([name, value]) => [name, String(value)])),
    warm: worker !== undefined,
  };
}
