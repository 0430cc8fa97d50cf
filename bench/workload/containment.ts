import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWorkload, runPilot, startPandaServer } from "@almagest/workload";
import type { Bar } from "../../scripts/bar.ts";

const node = (script: string): string[] => [process.execPath, "-e", script];

/** What each payload does wrong, and the cause that must be told. */
const PAYLOADS: Readonly<
  Record<string, { command: readonly string[]; request?: object; cause: RegExp; goal: string }>
> = {
  hungry: {
    command: node("const keep = []; setInterval(() => keep.push(Buffer.alloc(2e7, 1)), 5)"),
    request: { memoryMb: 300 },
    cause: /^pilot:1212 used \d+ MB of memory/,
    goal: "300 MB allowed, takes 4 GB/s: ended as out of memory",
  },
  endless: {
    command: node("for (;;);"),
    request: { wallSec: 2 },
    cause: /^pilot:1213 ran longer/,
    goal: "2 s allowed, never ends: ended as too long",
  },
  looping: {
    command: node("for (;;);"),
    cause: /^pilot:1150 looping/,
    goal: "burns processor time and does nothing: ended as looping",
  },
  forking: {
    command: ["sh", "-c", "i=0; while [ $i -lt 3000 ]; do env -i sleep 97531 & i=$((i+1)); done; wait"],
    cause: /^pilot:1305 ran \d+ processes at once/,
    goal: "forks without end, children without the pilot's mark: ended, none is left",
  },
  flooding: {
    command: node("const line = 'x'.repeat(1e5) + '\\n'; for (;;) require('fs').writeSync(1, line)"),
    cause: /^pilot:1106 wrote \d+ MB of output/,
    goal: "floods its log: ended, the log is cut to 1 MB",
  },
  filling: {
    command: node("setInterval(() => require('fs').appendFileSync('big', Buffer.alloc(1e6)), 2)"),
    cause: /^pilot:1104 its work folder holds/,
    goal: "fills its work folder beyond 60 MB: ended, the next job runs",
  },
};

interface Ending {
  readonly failure: string;
  readonly seconds: number;
  readonly logBytes: number;
  readonly maxMemoryMb: number;
}

/** Processes of the forking payload that live. */
async function leftOver(): Promise<number> {
  const { readdir } = await import("node:fs/promises");
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    names.map((name) => readFile(`/proc/${name}/cmdline`, "latin1").catch(() => "")),
  );
  return lines.filter((line) => line.includes("sleep\0" + "97531")).length;
}

interface Ends {
  readonly jobs: Readonly<Record<string, Ending>>;
  readonly after: string;
  readonly left: number;
}

async function measure(): Promise<Ends> {
  const folder = await mkdtemp(join(tmpdir(), "containment-"));
  const manager = await openWorkload(":memory:");
  const server = await startPandaServer(manager);
  try {
    await manager.defineQueue({
      ...{ name: "Q", facility: "US", status: "online", cores: 8, memoryMb: 64_000, wallSec: 172_800 },
      ...{ diskMb: 100_000, software: [], backlog: 100 },
    });
    const names = Object.keys(PAYLOADS);
    const jobs = names.map((name) => {
      const { command, request } = PAYLOADS[name]!;
      return {
        ...{ name, task: "x", payload: { command: [...command] } },
        ...(request === undefined ? {} : { request }),
      };
    });
    const all = [...jobs, { name: "after", task: "x", payload: { command: ["true"] } }];
    const tasks = [{ label: "x", maxAttempts: 1 }];
    const { firstJob } = await manager.submit({ key: "k", name: "w", tasks, jobCount: all.length }, all);
    const settings = { url: server.url, queue: "Q", folder, idleMs: 300, sampleMs: 100, graceMs: 300 };
    const limits = { logBytes: 1e6, diskMb: 60, processes: 300, outputBytes: 1e8, quietSec: 3 };
    await runPilot({ ...settings, ...limits }, new AbortController().signal);
    const ends = await Promise.all(all.map((_, index) => manager.explain(firstJob + index)));
    const entries = ends.slice(0, -1).map(async ({ name, attempts: [attempt] }) => {
      const { id, failure = "", startMs, endMs, maxMemoryKb } = attempt!;
      const logBytes = (await stat(join(folder, String(id), "payload.log"))).size;
      const ending = {
        failure,
        seconds: (endMs - startMs) / 1000,
        logBytes,
        maxMemoryMb: maxMemoryKb / 1000,
      };
      return [name, ending] as const;
    });
    const left = await leftOver();
    return { jobs: Object.fromEntries(await Promise.all(entries)), after: ends.at(-1)!.status, left };
  } finally {
    await server.close();
    await manager.close();
    await rm(folder, { recursive: true });
  }
}

let ends: Promise<Ends> | undefined;

/** Payloads that misbehave under our own pilot, one after another: each is ended and its cause told. */
export const bars: Bar[] = Object.entries(PAYLOADS).map(([name, { goal, cause }]) => ({
  name: `contained: ${name} payload`,
  goal,
  async measure() {
    ends ??= measure();
    const { jobs, after, left } = await ends;
    const { failure, seconds, logBytes, maxMemoryMb } = jobs[name]!;
    const rest = name === "forking" ? `, ${left} processes left` : "";
    return {
      figure: `${failure}; after ${seconds.toFixed(1)} s, log ${(logBytes / 1e6).toFixed(2)} MB, memory ${maxMemoryMb.toFixed(0)} MB${rest}`,
      pass:
        cause.test(failure) && logBytes < 1.1e6 && after === "finished" && (name !== "forking" || left === 0),
    };
  },
}));
