import type { DataId } from "@almagest/butler";
import type { GraphFile } from "../qg/open-graph-file.ts";
import { findAttempts, findLabels, type ReportSource, readFailure, readQuantum } from "./stored-quanta.ts";

/** One task's part of a report. Each quantum is counted once, whatever the number of runs it was tried in. */
export interface LabelReport {
  readonly label: string;
  /** From the graph where one is given; otherwise those that left metadata or a log. */
  readonly expected: number;
  readonly succeeded: number;
  /** Of those that succeeded: had failed before, in another run or another attempt. */
  readonly recovered: number;
  readonly failed: number;
  /** Not tried, as something before them failed; known with a graph only. */
  readonly blocked: number;
  /** Not tried, and nothing before them failed; known with a graph only. */
  readonly pending: number;
  /** How many quanta have each caveat letter. */
  readonly caveats: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly longestSec: number;
  readonly peakMemoryMb: number;
}

/** Failures of one kind: of one task, with one error. */
export interface ExceptionReport {
  readonly label: string;
  readonly type: string;
  readonly message: string;
  readonly count: number;
  /** How many of them later succeeded. */
  readonly recovered: number;
  /** One of them. */
  readonly example: DataId;
  readonly run: string;
}

/** How one or several runs went. */
export interface RunReport {
  readonly collections: readonly string[];
  readonly labels: readonly LabelReport[];
  readonly exceptions: readonly ExceptionReport[];
}

type State = "succeeded" | "recovered" | "failed";

/** What to report on. */
export interface ReportOptions {
  readonly source: ReportSource;
  /** Runs, or chains of them. */
  readonly collections: readonly string[];
  /** The graph that was run: tells what was expected, and what is blocked. */
  readonly graph?: GraphFile;
}

/** Reports on runs from what their quanta left: metadata of those that succeeded, logs of those that failed. */
export async function reportRuns({ source, collections, graph }: ReportOptions): Promise<RunReport> {
  const states = new Map<string, ReadonlyMap<string, State>>();
  const labels: LabelReport[] = [];
  const exceptions: ExceptionReport[] = [];
  const found = await findLabels(source);
  const ordered = graph ? Object.keys(graph.header.n_task_quanta) : found;
  for (const label of ordered) {
    const part = await reportLabel(source, label, collections);
    if (!graph && part.states.size === 0) continue;
    states.set(label, part.states);
    labels.push(part.report);
    exceptions.push(...part.exceptions);
  }
  if (!graph) labels.sort((a, b) => (a.label < b.label ? -1 : 1));
  return {
    collections,
    labels: graph ? await addExpected(source, graph, labels, states) : labels,
    exceptions,
  };
}

async function reportLabel(
  source: ReportSource,
  label: string,
  collections: readonly string[],
): Promise<{ report: LabelReport; states: ReadonlyMap<string, State>; exceptions: ExceptionReport[] }> {
  const { universe } = source;
  const { metadata, logs } = await findAttempts(source, label, collections);
  const keyOf = ({ dataId, datasetType }: (typeof logs)[number]): string =>
    universe.dataIdKey(dataId, universe.completeGroup(datasetType.dimensions));
  const states = new Map<string, State>();
  const done = new Set<string>();
  const caveats: Record<string, number> = {};
  let [seconds, longestSec, peakMemoryMb] = [0, 0, 0];
  for (const ref of metadata) {
    const key = keyOf(ref);
    done.add(`${ref.run}/${key}`);
    const quantum = await readQuantum(source, ref);
    seconds += quantum.seconds;
    longestSec = Math.max(longestSec, quantum.seconds);
    peakMemoryMb = Math.max(peakMemoryMb, quantum.peakMemoryMb);
    if (states.has(key)) continue;
    states.set(key, quantum.attempt > 0 ? "recovered" : "succeeded");
    for (const letter of quantum.caveats) caveats[letter] = (caveats[letter] ?? 0) + 1;
  }
  const exceptions = new Map<string, ExceptionReport>();
  for (const ref of logs) {
    const key = keyOf(ref);
    if (done.has(`${ref.run}/${key}`)) continue;
    const recovered = states.get(key) === "succeeded" || states.get(key) === "recovered";
    states.set(key, recovered ? "recovered" : "failed");
    const { type, message } = await readFailure(source, ref);
    const kind = `${type}\u0001${message}`;
    const before = exceptions.get(kind) ?? { count: 0, recovered: 0, example: ref.dataId, run: ref.run };
    exceptions.set(kind, {
      ...before,
      label,
      type,
      message,
      count: before.count + 1,
      recovered: before.recovered + (recovered ? 1 : 0),
    });
  }
  const count = (...wanted: State[]): number =>
    states.values().reduce((sum, state) => sum + (wanted.includes(state) ? 1 : 0), 0);
  const report: LabelReport = {
    label,
    expected: states.size,
    succeeded: count("succeeded", "recovered"),
    recovered: count("recovered"),
    failed: count("failed"),
    blocked: 0,
    pending: 0,
    caveats,
    seconds,
    longestSec,
    peakMemoryMb,
  };
  return { report, states, exceptions: [...exceptions.values()] };
}

/** Adds what the graph expected: a quantum that was not tried is blocked when anything before it failed or is blocked. */
async function addExpected(
  { universe }: ReportSource,
  graph: GraphFile,
  labels: readonly LabelReport[],
  states: ReadonlyMap<string, ReadonlyMap<string, State>>,
): Promise<LabelReport[]> {
  const pipeline = await graph.readPipeline();
  const { quanta, edges } = await graph.readThinGraph();
  const before = new Map<string, string[]>();
  for (const [from, to] of edges) {
    const list = before.get(to);
    if (list) list.push(from);
    else before.set(to, [from]);
  }
  const stopped = new Set<string>();
  return labels.map((report) => {
    const { dimensions } = pipeline.tasks[report.label]!;
    const group = universe.completeGroup(dimensions);
    let [blocked, pending] = [0, 0];
    for (const { quantum_id, data_coordinate } of quanta[report.label] ?? []) {
      const dataId = Object.fromEntries(group.required.map((name, i) => [name, data_coordinate[i]!]));
      const state = states.get(report.label)!.get(universe.dataIdKey(dataId, group));
      if (state === "failed") stopped.add(quantum_id);
      if (state !== undefined) continue;
      if ((before.get(quantum_id) ?? []).some((id) => stopped.has(id))) {
        stopped.add(quantum_id);
        blocked++;
      } else pending++;
    }
    return { ...report, expected: report.succeeded + report.failed + blocked + pending, blocked, pending };
  });
}
