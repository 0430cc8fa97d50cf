import type { JobStatus } from "../core/job-state.ts";
import type { World } from "../manager/world.ts";
import type { WorkloadEvent } from "../store/event-log.ts";
import { Histogram, type MetricFamily, type MetricSample } from "./prometheus-text.ts";

/** What the manager counts as it goes; not kept across restarts, as is usual for counters. */
export class WorkloadCounters {
  readonly #commitSec = new Histogram([0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5]);
  readonly #waitSec = new Histogram([0.005, 0.02, 0.1, 0.25, 1, 10, 60, 600, 3600]);
  readonly #attempts = new Map<string, number>();
  #operations = 0;
  #failedCommits = 0;

  /** A commit became durable: how long it took, how many operations it carried, what it logged. */
  committed(seconds: number, operations: number, log: readonly WorkloadEvent[]): void {
    this.#commitSec.observe(seconds);
    this.#operations += operations;
    for (const { subject, what } of log) {
      if (subject === "a") this.#attempts.set(what, (this.#attempts.get(what) ?? 0) + 1);
    }
  }

  failed(): void {
    this.#failedCommits++;
  }

  /** An attempt was handed to a pilot so long after it had been made. */
  dispatched(waitSec: number): void {
    this.#waitSec.observe(waitSec);
  }

  families(): MetricFamily[] {
    const attempts = Array.from(this.#attempts, ([status, value]) => ({ labels: { status }, value }));
    return [
      family("workload_commit_seconds", "Time of a transaction.", "histogram", this.#commitSec.samples()),
      family("workload_failed_commits_total", "Transactions undone.", "counter", [
        { value: this.#failedCommits },
      ]),
      family("workload_operations_total", "Operations that commits carried.", "counter", [
        { value: this.#operations },
      ]),
      family("workload_attempts_total", "Attempts that entered each status.", "counter", attempts),
      family(
        "workload_dispatch_wait_seconds",
        "From brokerage to a pilot.",
        "histogram",
        this.#waitSec.samples(),
      ),
    ];
  }
}

function family(
  name: string,
  help: string,
  type: MetricFamily["type"],
  samples: readonly MetricSample[],
): MetricFamily {
  return { name, help, type, samples };
}

/** The state of the whole as gauges. */
export function worldMetrics(world: World, waitingPilots: number): MetricFamily[] {
  const jobs: MetricSample[] = [];
  const byStatus = new Map<string, number>();
  for (const { spec, state } of world.tasks.values()) {
    for (const [status, count] of Object.entries(state.counts) as [JobStatus, number][]) {
      const key = `${spec.label}\0${status}`;
      byStatus.set(key, (byStatus.get(key) ?? 0) + count);
    }
  }
  for (const [key, value] of byStatus) {
    const [label, status] = key.split("\0") as [string, string];
    jobs.push({ labels: { label, status }, value });
  }
  const loads = [...world.queues.values()].flatMap(({ id, name, facility }): MetricSample[] => {
    const { activated, running } = world.loads.get(id)!;
    const labels = { queue: name, facility };
    return [
      { labels: { ...labels, status: "activated" }, value: activated },
      { labels: { ...labels, status: "running" }, value: running },
    ];
  });
  const shares = [...world.shares.values()].flatMap(({ name, target, chargedCoreSec }): MetricSample[] => [
    { labels: { facility: name, figure: "target" }, value: target },
    { labels: { facility: name, figure: "charged" }, value: chargedCoreSec },
  ]);
  return [
    family("workload_jobs", "Jobs by label and status.", "gauge", jobs),
    family("workload_queue_attempts", "Attempts that wait and run at each queue.", "gauge", loads),
    family("workload_facility_core_seconds", "Target and aged charge of facilities.", "gauge", shares),
    family("workload_waiting_pilots", "Pilots that wait for work.", "gauge", [{ value: waitingPilots }]),
    family("workload_event_log_seq", "Number of the next line of the event log.", "gauge", [
      { value: world.next.event },
    ]),
  ];
}
