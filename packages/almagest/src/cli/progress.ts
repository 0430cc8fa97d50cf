import { paint, type Terminal } from "./terminal.ts";

/** A bar for one stage of long work. */
export interface StageProgress {
  /** Sets how much is done and, optionally, what is being done. */
  update(done: number, total: number, note?: string): void;
  /** Finishes the stage with a closing word. */
  end(note?: string): void;
}

const WIDTH = 28;

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/**
 * Starts a stage named `title`. On a terminal one line is redrawn at most ten times a second; elsewhere (a log file, CI)
 * only the closing line is written.
 */
export function startStage(
  terminal: Terminal,
  title: string,
  now: () => number = () => performance.now(),
): StageProgress {
  const started = now();
  let drawn = -Infinity;
  const label = title.padEnd(24);
  const draw = (done: number, total: number, note: string): void => {
    const fraction = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(fraction * WIDTH);
    const bar =
      paint(terminal, "cyan", "█".repeat(filled)) + paint(terminal, "dim", "░".repeat(WIDTH - filled));
    const columns = terminal.err.columns ?? 100;
    const rest = `${String(done).padStart(5)}/${total}  ${formatSeconds(now() - started)}  ${note}`;
    terminal.err.write(
      `\r\x1b[K${label}${bar} ${rest.slice(0, Math.max(0, columns - label.length - WIDTH - 3))}`,
    );
  };
  return {
    update(done, total, note = "") {
      if (!terminal.redraw || now() - drawn < 100) return;
      drawn = now();
      draw(done, total, note);
    },
    end(note = "") {
      const clear = terminal.redraw ? "\r\x1b[K" : "";
      const tick = paint(terminal, "green", "✓");
      terminal.err.write(`${clear}${tick} ${label}${formatSeconds(now() - started).padStart(8)}  ${note}\n`);
    },
  };
}
