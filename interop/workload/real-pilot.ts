import type { Bar } from "../../scripts/bar.ts";
import type { Ending } from "./inside/scenarios.ts";
import { runShutIn } from "./shut-in.ts";

let endings: Promise<Record<string, Ending>> | undefined;

function check(name: string, what: string, goal: string, isGood: (end: Ending) => boolean): Bar {
  return {
    name: `PanDA's own pilot, ${what}`,
    goal,
    async measure() {
      endings ??= runShutIn("shut-in-pilot.ts");
      const end = (await endings)[name]!;
      const files = end.outputs.length === 0 ? "" : `; files ${end.outputs.join(" ")}`;
      const stopped =
        end.pilotSec > 0
          ? `; payload ended after ${end.payloadSec.toFixed(1)} s, pilot after ${end.pilotSec.toFixed(0)} s`
          : "";
      return {
        figure: `job ${end.status}; attempts: ${end.attempts.join(", ")}; pilot's exit ${end.exits.join(" ")}${files}${stopped}`,
        pass: isGood(end),
      };
    },
  };
}

/** The first attempt was lost, the second succeeded, and nothing that the first pilot said later counted. */
const isRunAgain = ({ status, attempts, outputs, lateEvents }: Ending, name: string): boolean =>
  status === "finished" &&
  attempts.length === 2 &&
  /^failed .*lost heartbeat/.test(attempts[0]!) &&
  attempts[1] === "finished" &&
  outputs.filter((file) => file === `${name}.txt`).length === 1 &&
  lateEvents === 0;

/** The unmodified pilot, spoken to by our server. */
export const bars: Bar[] = [
  check("good", "success", "the job finishes and its output and log are reported", (end) => {
    return end.status === "finished" && end.exits[0] === 0 && end.outputs.includes("good.txt");
  }),
  check("bad", "failing payload", "exit code 7 of the payload is reported as a failure", (end) => {
    return end.status === "failed" && /130[0-9]|:7/.test(end.attempts[0]!);
  }),
  // The payload sleeps for 300 s; the pilot ends long before only when it was told to.
  check(
    "long",
    "killed job",
    "the payload is stopped by the answer to a heartbeat, within 2 minutes",
    (end) => {
      return end.status === "cancelled" && end.payloadSec < 120 && end.codes.includes("1144");
    },
  ),
  check("dead", "lost heartbeat", "a pilot that dies is given up, another finishes the job", (end) =>
    isRunAgain(end, "dead"),
  ),
  check(
    "late",
    "stale attempt",
    "frozen until another has finished: told to stop, its words ignored",
    (end) => {
      return isRunAgain(end, "late") && end.payloadSec < 120 && end.codes.includes("1144");
    },
  ),
  check("stale", "wrong attempt number", "told to stop, its words ignored", (end) => {
    return end.attempts.length === 1 && /never|no pilot began/.test(end.attempts[0]!) && end.payloadSec < 120;
  }),
];
