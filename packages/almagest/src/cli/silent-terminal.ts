import { Writable } from "node:stream";
import type { Terminal } from "./terminal.ts";

/** A terminal that shows nothing: for tests and benchmarks. */
export function createSilentTerminal(): Terminal {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const stream = silence as unknown as Terminal["err"];
  return { out: stream, err: stream, color: false, redraw: false };
}
