import { userInfo } from "node:os";
import type { JobState } from "./job-state.ts";
import { runProgram } from "./run-program.ts";
import type { SlurmRecord } from "./slurm-record.ts";

/** What Slurm says of one job. */
export interface SlurmFact {
  readonly state: JobState;
  /** It waits or runs. */
  readonly live: boolean;
  /** What ended it, where it failed. */
  readonly cause: "none" | "memory" | "time" | "node" | "exit";
  readonly exitCode: number;
  readonly reason: string;
}

const CAUSES: Readonly<Record<string, SlurmFact["cause"]>> = {
  OUT_OF_MEMORY: "memory",
  TIMEOUT: "time",
  DEADLINE: "time",
  NODE_FAIL: "node",
  BOOT_FAIL: "node",
  PREEMPTED: "node",
  FAILED: "exit",
};

/** The state of every job of a record, by Slurm's job number: the queue for what lives, accounting for what ended. */
export async function querySlurm(record: SlurmRecord | undefined): Promise<Map<string, SlurmFact>> {
  const facts = new Map<string, SlurmFact>();
  const ids = new Set(Object.values(record?.jobs ?? {}).map(({ id }) => id));
  if (ids.size === 0) return facts;
  const bases = [...new Set([...ids].map((id) => id.split("_")[0]!))];
  for (let at = 0; at < bases.length; at += 1000) {
    const args = ["-X", "-n", "-P", "-j", bases.slice(at, at + 1000).join(","), "-o", "JobID,State,ExitCode"];
    parseAccounting(await runProgram("sacct", args), facts);
  }
  const queue = await runProgram("squeue", ["-h", "-r", "-u", userInfo().username, "-o", "%i|%T|%r"]);
  parseQueue(queue, facts);
  for (const id of facts.keys()) if (!ids.has(id)) facts.delete(id);
  return facts;
}

/** A job of ours that Slurm holds, by the comment that it was submitted with. */
export interface MarkedJob {
  /** Its number, that of its array without the element. */
  readonly id: string;
  readonly comment: string;
}

/** Jobs in the queue whose comment starts with a mark: also those whose submission was never written down. */
export async function findMarkedJobs(mark: string): Promise<MarkedJob[]> {
  const lines = await runProgram("squeue", ["-h", "-u", userInfo().username, "-o", "%F|%k"]);
  return lines.split("\n").flatMap((line) => {
    const at = line.indexOf("|");
    const [id, comment] = [line.slice(0, at), line.slice(at + 1)];
    return at > 0 && comment.startsWith(mark) ? [{ id, comment }] : [];
  });
}

/** The jobs that accounting means by one number: elements of an array that never started share a line, `7_[0-2,5%4]`. */
function expandId(id: string): string[] {
  const [, base, ranges] = /^(\d+)_\[([\d,-]+)(?:%\d+)?\]$/.exec(id) ?? [];
  if (base === undefined) return [id];
  return ranges!.split(",").flatMap((range) => {
    const [from, to] = range.split("-").map(Number) as [number, number?];
    return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => `${base}_${from + i}`);
  });
}

/** Takes the lines of `sacct -X -n -P -o JobID,State,ExitCode`; later lines of a job win. */
export function parseAccounting(text: string, facts: Map<string, SlurmFact>): void {
  for (const line of text.split("\n")) {
    const [id, said, exit] = line.split("|");
    if (!id || !said) continue;
    const word = said.split(" ")[0]!;
    const live = ["PENDING", "RUNNING", "REQUEUED", "SUSPENDED", "RESIZING"].includes(word);
    const cause = CAUSES[word] ?? "none";
    const state: JobState =
      word === "COMPLETED"
        ? "SUCCEEDED"
        : word === "CANCELLED"
          ? "DELETED"
          : live
            ? liveState(word, "")
            : "FAILED";
    const fact = {
      state,
      live,
      cause,
      exitCode: Number(exit?.split(":")[0] ?? 0),
      reason: state === "FAILED" ? (cause === "exit" ? `exit code ${exit}` : word) : "",
    };
    for (const each of expandId(id)) facts.set(each, fact);
  }
}

/** Takes the lines of `squeue -h -r -o "%i|%T|%r"`; jobs that have ended stay as accounting says. */
export function parseQueue(text: string, facts: Map<string, SlurmFact>): void {
  for (const line of text.split("\n")) {
    const [id, word, reason = ""] = line.split("|");
    if (!id || !word) continue;
    const live = ["PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "REQUEUED"].includes(word);
    if (!live) continue;
    facts.set(id, {
      state: liveState(word, reason),
      live: true,
      cause: "none",
      exitCode: 0,
      reason: reason === "None" ? "" : reason,
    });
  }
}

function liveState(word: string, reason: string): JobState {
  if (word === "PENDING" || word === "REQUEUED") {
    if (/held/i.test(reason)) return "HELD";
    return reason.startsWith("Dependency") ? "UNREADY" : "PENDING";
  }
  return word === "SUSPENDED" ? "HELD" : "RUNNING";
}
