import type { Bar } from "../../scripts/bar.ts";
import { runShutIn } from "./shut-in.ts";

interface Ending {
  readonly exit: number | null;
  readonly status: string;
  /** Error codes in the pilot's own log. */
  readonly reports: readonly string[];
  /** From the cancel to the pilot's end. */
  readonly stopSec: number;
  readonly failure?: string;
  readonly outputs: readonly string[];
}

let endings: Promise<Record<string, Ending>> | undefined;

function check(name: string, goal: string, isGood: (end: Ending) => boolean): Bar {
  return {
    name: `PanDA's own pilot, ${name}`,
    goal,
    async measure() {
      endings ??= runShutIn("shut-in-pilot.ts");
      const end = (await endings)[name]!;
      const files = end.outputs.length === 0 ? "" : `, files ${end.outputs.join(" ")}`;
      return {
        figure: `${end.status}, pilot's exit ${end.exit}${files} ${end.failure ?? ""}${end.stopSec > 0 ? `, ended ${end.stopSec.toFixed(0)} s after the cancel` : ""}`,
        pass: isGood(end),
      };
    },
  };
}

/** The unmodified pilot, spoken to by our server. */
export const bars: Bar[] = [
  check("good", "the job finishes and its output and log are reported", (end) => {
    return end.status === "finished" && end.exit === 0 && end.outputs.includes("out.txt");
  }),
  check("bad", "exit code 7 of the payload is reported as a failure", (end) => {
    return end.status === "failed" && /130[0-9]|:7/.test(end.failure ?? "");
  }),
  // The payload sleeps for 300 s; the pilot ends long before only when it was told to.
  check("long", "a cancelled job is stopped by the answer to a heartbeat, within 2 minutes", (end) => {
    return end.status === "cancelled" && end.stopSec < 120 && end.reports.includes("1144");
  }),
];
