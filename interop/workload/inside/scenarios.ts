import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobExplanation, WorkloadManager } from "@almagest/workload";
import type { RealPilot } from "./run-real-pilot.ts";

/** What a scenario works on: one job on a queue of its own. */
export interface Stage {
  readonly manager: WorkloadManager;
  readonly jobId: number;
  /** Starts a pilot on the job's queue. */
  start(): RealPilot;
  /** The payload of `late` and `dead` does its work once this file is there. */
  readonly flag: string;
  /** The payload sleeps so long, which no other does: so its process is found. */
  readonly sleepSec: number;
}

/** How a scenario ended; times in seconds. */
export interface Ending {
  readonly exits: readonly (number | null)[];
  readonly status: string;
  readonly attempts: readonly string[];
  readonly codes: readonly string[];
  /** From what should stop the (first) pilot to the end of its payload, and to its own; 0 where nothing should. */
  readonly payloadSec: number;
  readonly pilotSec: number;
  readonly outputs: readonly string[];
  /** Lines of the event log that the first attempt got after it had been given up. */
  readonly lateEvents: number;
}

type Scenario = (stage: Stage) => Promise<Pick<Ending, "exits" | "codes" | "payloadSec" | "pilotSec">>;

/** The attempt of that number once `fits`. */
async function attemptThat(
  { manager, jobId }: Stage,
  nr: number,
  fits: (attempt: JobExplanation["attempts"][number]) => boolean,
): Promise<void> {
  for (const end = performance.now() + 240_000; ; ) {
    const attempt = (await manager.explain(jobId)).attempts.find((each) => each.nr === nr);
    if (attempt !== undefined && fits(attempt)) return;
    if (performance.now() > end) throw new Error(`attempt ${nr} is ${attempt?.status ?? "not there"}`);
    await sleep(100);
  }
}

function isRunning(sleepSec: number): boolean {
  return readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1") === `sleep\0${sleepSec}\0`;
    } catch {
      return false; // It has ended.
    }
  });
}

/** Waits for the end of a pilot and of its payload. */
async function untilEnd(pilot: RealPilot, { sleepSec }: Stage) {
  const begin = performance.now();
  const sinceSec = (): number => (performance.now() - begin) / 1000;
  const payload = (async (): Promise<number> => {
    while (isRunning(sleepSec) && sinceSec() < sleepSec) await sleep(100);
    return sinceSec();
  })();
  const exit = await pilot.exit;
  return { exit, pilotSec: sinceSec(), payloadSec: await payload };
}

const undisturbed: Scenario = async (stage) => {
  const pilot = stage.start();
  return { exits: [await pilot.exit], codes: pilot.codes(), payloadSec: 0, pilotSec: 0 };
};

/** A job that is cancelled while the pilot runs it. */
const cancelled: Scenario = async (stage) => {
  const pilot = stage.start();
  await attemptThat(stage, 1, ({ status }) => status === "running");
  await sleep(1000);
  await stage.manager.cancelJob(stage.jobId);
  const { exit, ...times } = await untilEnd(pilot, stage);
  return { exits: [exit], codes: pilot.codes(), ...times };
};

/** The pilot dies without a word; the job goes to another. */
const dead: Scenario = async (stage) => {
  const first = stage.start();
  await attemptThat(stage, 1, ({ status }) => status === "running");
  first.child.kill("SIGKILL");
  const exit = await first.exit;
  await attemptThat(stage, 1, ({ status }) => status === "failed");
  writeFileSync(stage.flag, "");
  const second = stage.start();
  return { exits: [exit, await second.exit], codes: first.codes(), payloadSec: 0, pilotSec: 0 };
};

/** The pilot freezes until another has done its job, then goes on as if nothing had been. */
const late: Scenario = async (stage) => {
  const first = stage.start();
  await attemptThat(stage, 1, ({ status }) => status === "running");
  first.child.kill("SIGSTOP");
  await attemptThat(stage, 1, ({ status }) => status === "failed");
  writeFileSync(stage.flag, "");
  const second = await stage.start().exit;
  first.child.kill("SIGCONT");
  const { exit, ...times } = await untilEnd(first, stage);
  return { exits: [exit, second], codes: first.codes(), ...times };
};

/** The pilot believes that it runs another attempt than the server gave out (its job says number 9). */
const stale: Scenario = async (stage) => {
  const pilot = stage.start();
  await attemptThat(stage, 1, ({ status }) => status === "sent");
  const { exit, ...times } = await untilEnd(pilot, stage);
  await attemptThat(stage, 1, ({ status }) => status !== "sent");
  return { exits: [exit], codes: pilot.codes(), ...times };
};

/** What happens to the pilot, by the job's name. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  good: undisturbed,
  bad: undisturbed,
  long: cancelled,
  dead,
  late,
  stale,
};
