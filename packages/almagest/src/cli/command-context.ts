import type { Terminal } from "./terminal.ts";

/** What every command is given besides its own options. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** The outcome the process exits with when nothing is thrown; commands may set it. */
  exitCode: number;
}
