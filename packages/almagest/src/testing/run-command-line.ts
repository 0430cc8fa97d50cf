import { Readable, Writable } from "node:stream";
import type { Terminal } from "../cli/terminal.ts";
import { main } from "../main.ts";

/** What a command line gave: its exit code, and all that it wrote. */
export interface CommandOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process, with `input` as its answers to questions and its output caught. */
export async function runCommandLine(words: readonly string[], input = ""): Promise<CommandOutcome> {
  const texts = { out: "", err: "" };
  const sink = (name: "out" | "err") =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[name] += chunk;
        done();
      },
    });
  const terminal: Terminal = {
    out: sink("out"),
    err: sink("err") as unknown as Terminal["err"],
    input: Readable.from([input]),
    color: false,
    redraw: false,
  };
  const code = await main([...words], terminal);
  return { code, ...texts };
}
