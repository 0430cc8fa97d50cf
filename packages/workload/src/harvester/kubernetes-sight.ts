import type { WorkerSight } from "./harvester-plugin.ts";
import type { KubeObject } from "./kubernetes-client.ts";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface JobStatus {
  readonly active?: number;
  readonly ready?: number;
  readonly conditions?: readonly Condition[];
}

interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly {
    readonly state?: {
      readonly waiting?: { readonly reason?: string; readonly message?: string };
      readonly terminated?: {
        readonly exitCode: number;
        readonly reason?: string;
        readonly message?: string;
      };
    };
  }[];
}

const holds = (status: { readonly conditions?: readonly Condition[] }, type: string): Condition | undefined =>
  status.conditions?.find((condition) => condition.type === type && condition.status === "True");

const joined = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== "").join(": ");

const LONGEST = 500;

/** Why a pod ended, in its own words: evicted, out of memory, exit code and what was printed last. */
function whyEnded(status: PodStatus): string {
  const end = status.containerStatuses?.[0]?.state?.terminated;
  const disruption = holds(status, "DisruptionTarget");
  return joined(
    joined(status.reason, status.message) || undefined,
    disruption === undefined ? undefined : joined(disruption.reason, disruption.message),
    end === undefined ? undefined : `${end.reason ?? "ended"}, exit code ${end.exitCode}`,
    end?.message?.trim().slice(-LONGEST),
  );
}

/** Why a pod does not run yet: no node that fits, an image that cannot be had. */
function whyWaiting(status: PodStatus): string {
  const waiting = status.containerStatuses?.[0]?.state?.waiting;
  const unscheduled = status.conditions?.find(
    ({ type, status: is }) => type === "PodScheduled" && is === "False",
  );
  return joined(waiting?.reason ?? unscheduled?.reason, waiting?.message ?? unscheduled?.message).slice(
    0,
    LONGEST,
  );
}

/**
 * What became of a worker by its Job and pod. A pod that is to end for longer than `lostMs` sits on a node that does not
 * answer: its worker is given up.
 */
export function readKubernetesJob(
  job: KubeObject,
  pod: KubeObject | undefined,
  nowMs: number,
  lostMs: number,
): WorkerSight {
  const status = (job.status ?? {}) as unknown as JobStatus;
  const podStatus = (pod?.status ?? {}) as unknown as PodStatus;
  if (holds(status, "Complete") !== undefined) return { status: "finished", text: "" };
  const failed = holds(status, "Failed") ?? holds(status, "FailureTarget");
  if (failed !== undefined) {
    const text = pod === undefined ? joined(failed.reason, failed.message) : whyEnded(podStatus);
    return { status: "failed", text: text || joined(failed.reason, failed.message) };
  }
  const leaving = pod?.metadata.deletionTimestamp;
  if (leaving !== undefined) {
    if (nowMs - Date.parse(leaving) > lostMs)
      return { status: "failed", text: "the node of its pod does not answer" };
    return { status: "running", text: joined("ending", whyEnded(podStatus)) };
  }
  if (podStatus.phase === "Running") return { status: "running", text: "" };
  // The Job's controller has not booked it yet.
  if (podStatus.phase === "Succeeded" || podStatus.phase === "Failed")
    return { status: "running", text: "ending" };
  return { status: "submitted", text: pod === undefined ? "no pod yet" : whyWaiting(podStatus) };
}
