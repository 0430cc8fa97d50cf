import { createInterface } from "node:readline/promises";
import type { Terminal } from "./terminal.ts";

/** Asks a question that is answered with yes or no; no unless the answer is y or yes. False too when nobody answers. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  const { input = process.stdin } = terminal;
  const lines = createInterface({ input });
  try {
    terminal.out.write(`${question} [y/N]: `);
    const answer = await new Promise<string | undefined>((resolve) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(undefined));
    });
    if (answer === undefined) terminal.out.write("\n");
    return /^\s*y(es)?\s*$/i.test(answer ?? "");
  } finally {
    lines.close();
  }
}
