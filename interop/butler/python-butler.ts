import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { findPython } from "../python.ts";

/** A Python with `lsst-daf-butler` and its PostgreSQL driver; undefined where none can be had. */
export function findPythonButler(): string | undefined {
  try {
    return findPython(["lsst.daf.butler", "lsst.daf.butler.remote_butler", "psycopg"]);
  } catch {
    return undefined;
  }
}

/** An answer of the original: a result, or the name of the exception it raised. */
export interface OracleAnswer {
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
}

/** The original Butler in a process of its own. */
export class PythonButler implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: ((answer: OracleAnswer) => void)[] = [];

  constructor(python: string, env: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(python, [join(import.meta.dirname, "oracle.py")], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, ...env },
    });
    this.#lines = createInterface({ input: this.#process.stdout! });
    this.#lines.on("line", (line) => this.#waiting.shift()?.(JSON.parse(line) as OracleAnswer));
    this.#process.on("exit", (code) => {
      for (const answer of this.#waiting.splice(0)) answer({ error: "Exit", message: `code ${code}` });
    });
  }

  /** Asks, and gives the answer as it is. */
  ask(what: string, args: Readonly<Record<string, unknown>> = {}): Promise<OracleAnswer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin!.write(`${JSON.stringify({ do: what, ...args })}\n`);
    });
  }

  /** Asks, and gives the result; throws when the original raised. */
  async call<T>(what: string, args: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const { result, error, message } = await this.ask(what, args);
    if (error !== undefined) throw new Error(`${what}: ${error}: ${message}`);
    return result as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin!.end();
    await gone;
  }
}
