import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { AlmagestError } from "@almagest/base";
import type { CappedLog } from "./capped-log.ts";
import { drainOutput } from "./drain-output.ts";
import type { Launch } from "./payload.ts";
import { PILOT_MARK } from "./process-tree.ts";
import { type FromWorker, readWorkerLine, type ToWorker, writeWorkerLine } from "./worker-protocol.ts";

type Result = Extract<FromWorker, { type: "result" }>;

/** How a worker process ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that takes many jobs, one at a time, by the line protocol; in a session of its own. */
export class WarmWorker {
  readonly mark: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<WorkerExit>;
  #log: CappedLog | undefined;
  #logBytes = 0;
  #waiting: { attemptId: number; resolve(result: Result): void; reject(error: unknown): void } | undefined;
  #dead = false;

  constructor(launch: Launch, mark: string, folder: string) {
    this.mark = mark;
    const [program, ...rest] = launch.command;
    this.#child = spawn(program!, rest, {
      cwd: folder,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...launch.environment, [PILOT_MARK]: mark },
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once("error", (error) => this.#end({ code: null, signal: null }, error, resolve));
      this.#child.once("exit", (code, signal) => this.#end({ code, signal }, undefined, resolve));
    });
    this.#child.stdin!.on("error", () => {
      // The worker ended before it read; its exit is what is reported.
    });
    this.#child.stderr!.on("data", (chunk: Buffer) => {
      this.#logBytes += chunk.length;
      this.#log?.write(chunk);
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.#hear(line));
  }

  get alive(): boolean {
    return !this.#dead;
  }

  #hear(line: string): void {
    try {
      const message = readWorkerLine(line);
      if (message?.type === "progress") this.#log?.write(Buffer.from(`${message.text}\n`));
      if (message?.type !== "result" || message.attemptId !== this.#waiting?.attemptId) return;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting.resolve(message);
    } catch (error) {
      this.#waiting?.reject(error);
      this.#waiting = undefined;
    }
  }

  #end(exit: WorkerExit, error: Error | undefined, resolve: (exit: WorkerExit) => void): void {
    this.#dead = true;
    const how = error?.message ?? (exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`);
    this.#waiting?.reject(
      new AlmagestError("WORKLOAD.WORKER_PROTOCOL", `The worker ended before its job did: ${how}.`, {
        fields: { ...exit },
      }),
    );
    this.#waiting = undefined;
    resolve(exit);
  }

  /** Hands over a job and waits for its result; the worker's standard error goes to `log`. Throws
   * `WORKLOAD.WORKER_PROTOCOL` when the worker ends or speaks out of turn (its exit is in the fields). */
  run(job: ToWorker, log: CappedLog): Promise<Result> {
    this.#log = log;
    return new Promise<Result>((resolve, reject) => {
      this.#waiting = { attemptId: job.attemptId, resolve, reject };
      this.#child.stdin!.write(writeWorkerLine(job));
    }).finally(async () => {
      await drainOutput(() => this.#logBytes);
      this.#log = undefined;
    });
  }

  /** Ends its input and waits for it to leave; gives false when it did not within `graceMs`. */
  async close(graceMs: number): Promise<boolean> {
    if (this.#dead) return true;
    this.#child.stdin!.end();
    const timer = new AbortController();
    const late = once(AbortSignal.any([AbortSignal.timeout(graceMs), timer.signal]), "abort").then(
      () => false,
    );
    const left = await Promise.race([this.#exited.then(() => true), late]);
    timer.abort();
    return left;
  }
}
