import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** How to start a daemon. */
export interface DaemonOptions {
  /** File that takes its output. */
  readonly log: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** User to run as where this process is root; ignored elsewhere. */
  readonly user?: string;
  /** Signal that asks it to end; SIGTERM by default. */
  readonly stopSignal?: NodeJS.Signals;
}

/** A program in the foreground, child of this process. */
export interface Daemon {
  readonly pid: number;
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
  isRunning(): boolean;
  /** Ends it at once, as a power cut does. */
  kill(): Promise<void>;
  /** Asks it to end and waits; after five seconds it is killed. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

function onSignal(): void {
  process.exit(1);
}

/** No daemon outlives this process, however it ends, except by SIGKILL. */
function watch(child: ChildProcess): void {
  if (running.size === 0) process.on("exit", killAll).on("SIGTERM", onSignal).on("SIGINT", onSignal);
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    if (running.size === 0) process.off("exit", killAll).off("SIGTERM", onSignal).off("SIGINT", onSignal);
  });
}

/** Group and user number of a user's name. Throws where there is no such user. */
export function userIds(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Starts a program that stays in the foreground. */
export function startDaemon(program: string, args: readonly string[], options: DaemonOptions): Daemon {
  const log = openSync(options.log, "a");
  const asUser = options.user !== undefined && process.getuid?.() === 0 ? userIds(options.user) : {};
  const child = spawn(program, args, {
    stdio: ["ignore", log, log],
    env: { ...process.env, ...options.environment },
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
    ...asUser,
  });
  watch(child);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve()).once("error", () => resolve());
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    if (!isRunning()) return;
    child.kill(name);
    await ended;
  };
  return {
    pid: child.pid ?? -1,
    ended,
    isRunning,
    kill: () => signal("SIGKILL"),
    stop: async () => {
      const patience = new AbortController();
      const late = sleep(5000, undefined, { signal: patience.signal }).then(
        () => signal("SIGKILL"),
        () => {},
      );
      await Promise.race([signal(options.stopSignal ?? "SIGTERM"), late]);
      patience.abort();
    },
  };
}

/** Asks again and again until a check holds. Throws, with the end of the log, when it does not within `withinSec`. */
export async function waitUntil(
  check: () => boolean | Promise<boolean>,
  what: string,
  daemon: Daemon | undefined = undefined,
  withinSec = 60,
): Promise<void> {
  const end = Date.now() + withinSec * 1000;
  while (Date.now() < end) {
    if (await check()) return;
    if (daemon !== undefined && !daemon.isRunning()) throw new Error(`${what}: the program ended`);
    await sleep(20);
  }
  throw new Error(`${what}: not within ${withinSec} s`);
}
