import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";
import { runShutIn } from "./shut-in.ts";

interface Ends {
  readonly good: {
    readonly status: string;
    readonly outputs: readonly string[];
    readonly jobs: readonly string[];
  };
  readonly bad: { readonly before: string; readonly retried: number; readonly after: string };
  readonly killed: { readonly answer: boolean; readonly status: string };
  readonly unknown: unknown;
  readonly runs: readonly (number | null)[];
}

let ends: Promise<Ends> | undefined;

function check(name: string, goal: string, judge: (ends: Ends) => { figure: string; pass: boolean }): Bar {
  return {
    name: `panda-client, ${name}`,
    goal,
    async measure() {
      ends ??= runShutIn<Ends>("prun-and-pilot.ts", findPython(["pandaclient"]));
      return judge(await ends);
    },
  };
}

/** Unmodified `prun --noBuild` of PyPI's panda-client and PanDA's own pilot, joined by our server. */
export const bars: Bar[] = [
  check(
    "prun",
    "the server makes two jobs with the sandbox, the pilot runs them, the client reads done",
    ({ good }) => ({
      figure: `${good.status}, jobs ${good.jobs.join(" ")}, outputs ${good.outputs.join("; ")}`,
      pass:
        good.status === "done" &&
        good.outputs.join(";") === "3 1;3 2" &&
        good.jobs.every((status) => status === "finished"),
    }),
  ),
  check("retry", "a task that failed is tried again by the client and is done", ({ bad }) => ({
    figure: `${bad.before}, then ${bad.after}`,
    pass: bad.before === "failed" && bad.retried === 0 && bad.after === "done",
  })),
  check(
    "kill",
    "a task that waits is ended by the client; one that is not there is told so",
    ({ killed, unknown }) => ({
      figure: `${killed.status}; ${JSON.stringify(unknown)}`,
      pass: killed.answer && killed.status === "aborted" && JSON.stringify(unknown).includes("not found"),
    }),
  ),
];
