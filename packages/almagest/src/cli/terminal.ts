import type { WriteStream } from "node:tty";

/** Where a command writes: results to `out`, everything else (progress, notes, errors) to `err`. */
export interface Terminal {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream & Partial<WriteStream>;
  /** Where answers to questions come from; standard input unless told. */
  readonly input?: NodeJS.ReadableStream;
  /** True when escape sequences may be used on `err`: a terminal, and NO_COLOR unset. */
  readonly color: boolean;
  /** True when `err` is a terminal whose last line can be redrawn. */
  readonly redraw: boolean;
}

/** The process's own terminal. NO_COLOR (no-color.org) turns colours off. */
export function processTerminal(): Terminal {
  const tty = process.stderr.isTTY === true;
  return {
    out: process.stdout,
    err: process.stderr,
    color: tty && !process.env.NO_COLOR,
    redraw: tty && process.env.TERM !== "dumb",
  };
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Wraps `text` in a colour or weight where the terminal takes it. */
export function paint(terminal: Terminal, style: keyof typeof CODES, text: string): string {
  return terminal.color ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text;
}
