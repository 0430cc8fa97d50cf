#!/usr/bin/env node
// Almagest's pilot. Made by scripts/build-pilot.mjs; change its sources instead.

// packages/workload/src/pilot/pilot-main.ts
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

// packages/base/src/clock.ts
var systemClock = { nowMs: () => Date.now() };

// packages/base/src/error.ts
var AlmagestError = class extends Error {
  /** Dotted code, such as `FITS.CARD_INVALID`; every code is listed in docs/errors.md. */
  code;
  /** The facts of this failure: names, offsets, values. */
  fields;
  /** True when the same call may succeed later (a network fault, a busy database). */
  retryable;
  constructor(code, message, options = {}) {
    super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
    this.name = "AlmagestError";
    this.code = code;
    this.fields = options.fields ?? {};
    this.retryable = options.retryable ?? false;
  }
};
function isAlmagestError(error, code) {
  if (!(error instanceof AlmagestError)) return false;
  if (code === void 0) return true;
  return code.endsWith(".") ? error.code.startsWith(code) : error.code === code;
}

// packages/base/src/json.ts
function parseJson(text) {
  try {
    if (!/\d{16}/.test(text)) return JSON.parse(text);
    return JSON.parse(text, (_key, value, context) => {
      if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
      const source = context?.source;
      return source !== void 0 && /^-?\d+$/.test(source) ? BigInt(source) : value;
    });
  } catch (cause) {
    throw new AlmagestError("BASE.JSON_INVALID", `Not JSON: ${cause.message}.`, { cause });
  }
}

// packages/base/src/large-buffers.ts
var LARGE = 1 << 18;
var MOST_KEPT_BYTES = 640 * 2 ** 20;

// packages/base/src/log.ts
function createLogger(sink, fields = {}, clock = systemClock) {
  const write = (level) => (message, more = {}) => sink({ timeMs: clock.nowMs(), level, message, fields: { ...fields, ...more } });
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (more) => createLogger(sink, { ...fields, ...more }, clock)
  };
}
var silentLogger = createLogger(() => {
});
function formatLogLine(record) {
  const { timeMs, level, message, fields } = record;
  return JSON.stringify(
    { time: new Date(timeMs).toISOString(), level, message, ...fields },
    (_key, value) => typeof value === "bigint" ? value.toString() : value instanceof Error ? value.message : value
  );
}

// packages/workload/src/pilot/run-pilot.ts
import { randomUUID } from "node:crypto";
import { mkdir as mkdir2 } from "node:fs/promises";
import { hostname } from "node:os";

// packages/workload/src/pilot/log-shipper.ts
var PERIOD_MS = 1e3;
var RETRY_MS = 5e3;
var WAITING_BYTES = 4e6;
var LONGEST_LINE = 16384;
var LogShipper = class {
  #send;
  #waiting = [];
  #bytes = 0;
  #leftOut = 0;
  #timer;
  #sending = Promise.resolve();
  constructor(send) {
    this.#send = send;
  }
  /** Takes one line. */
  line(context, text, timeMs, level = "info") {
    if (this.#bytes + text.length > WAITING_BYTES) {
      this.#leftOut++;
      return;
    }
    this.#bytes += text.length;
    this.#waiting.push({ ...context, timeMs, level, text: text.slice(0, LONGEST_LINE) });
    this.#timer ??= setTimeout(() => void this.flush(), PERIOD_MS);
  }
  /** A taker of a payload's output for one job: cuts it into lines, and takes at most `limitBytes` of it. */
  taker(context, limitBytes) {
    const decoder = new TextDecoder();
    let rest = "";
    let taken = 0;
    const take = (line) => {
      if (line === "" || taken > limitBytes) return;
      taken += line.length;
      const text = taken > limitBytes ? "[\u2026 the rest of this log is on the worker only \u2026]" : line;
      this.line(context, text, Date.now(), /\b(error|fatal|traceback)\b/i.test(line) ? "error" : "info");
    };
    return {
      write: (chunk) => {
        if (taken > limitBytes) return;
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop();
        if (rest.length > LONGEST_LINE) {
          lines.push(rest);
          rest = "";
        }
        for (const line of lines) take(line);
      },
      end: () => {
        take(rest);
        rest = "";
      }
    };
  }
  /** Sends what waits, and nothing after it of its own accord. */
  async close() {
    await this.flush();
    clearTimeout(this.#timer);
  }
  /** Sends what waits. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = void 0;
    this.#sending = this.#sending.then(() => this.#ship());
    return this.#sending;
  }
  async #ship() {
    const lines = this.#waiting;
    if (lines.length === 0) return;
    if (this.#leftOut > 0) {
      const last2 = lines.at(-1);
      lines.push({ ...last2, level: "warn", text: `[\u2026 ${this.#leftOut} lines left out \u2026]` });
    }
    this.#waiting = [];
    this.#bytes = 0;
    this.#leftOut = 0;
    try {
      await this.#send(lines);
    } catch {
      this.#waiting = [...lines, ...this.#waiting];
      this.#bytes += lines.reduce((sum, { text }) => sum + text.length, 0);
      this.#timer ??= setTimeout(() => void this.flush(), RETRY_MS);
    }
  }
};

// packages/workload/src/pilot/pilot-client.ts
import { setTimeout as sleep } from "node:timers/promises";

// packages/workload/src/logs/loki-push.ts
function toLokiPush(lines) {
  const streams = /* @__PURE__ */ new Map();
  for (const { timeMs, text, workflowId, jobId, attemptId, task, queue: queue2, level } of lines) {
    const stream = {
      ...{ workflow: String(workflowId), task, job: String(jobId), attempt: String(attemptId), queue: queue2, level }
    };
    const key = JSON.stringify(stream);
    const known = streams.get(key) ?? { stream, values: [] };
    known.values.push([`${timeMs}000000`, text]);
    streams.set(key, known);
  }
  return { streams: [...streams.values()] };
}

// packages/workload/src/pilot/pilot-client.ts
var FIRST_PAUSE_MS = 200;
var LONGEST_PAUSE_MS = 3e4;
var PilotClient = class {
  #url;
  #headers;
  #lostMs;
  #answerMs;
  constructor({ url: url2, token: token2, lostMs = 36e5, answerMs = 6e4 }) {
    this.#url = url2;
    this.#answerMs = answerMs;
    this.#lostMs = lostMs;
    this.#headers = { "content-type": "application/json" };
    if (token2 !== void 0) this.#headers.authorization = `Bearer ${token2}`;
  }
  /** Throws `WORKLOAD.PILOT_LOST`. */
  async #call(path, body, signal, waitMs = 0) {
    const deadline = performance.now() + this.#lostMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        const response = await fetch(`${this.#url}/api/v1/${path}`, {
          method: "POST",
          headers: this.#headers,
          body: JSON.stringify(body),
          signal: AbortSignal.any([
            ...signal === void 0 ? [] : [signal],
            AbortSignal.timeout(waitMs + this.#answerMs)
          ])
        });
        if (response.ok) return await response.json();
        await response.body?.cancel();
        if (response.status < 500) throw refused(path, response.status);
      } catch (cause) {
        if (signal?.aborted || cause instanceof AlmagestError) throw cause;
        if (performance.now() > deadline) {
          throw new AlmagestError("WORKLOAD.PILOT_LOST", `The server ${this.#url} cannot be reached.`, {
            cause
          });
        }
      }
      await sleep(pauseMs, void 0, signal === void 0 ? {} : { signal });
    }
  }
  /** Asks for jobs and waits up to `wait_sec` for some; an answer that is lost is given again by the request id. */
  async acquire(offer, signal) {
    const waitMs = Number(offer.wait_sec ?? 0) * 1e3;
    const { data } = await this.#call("pilot/acquire_jobs", { ...offer, almagest: true }, signal, waitMs);
    if (data === null) return [];
    return data.jobs.map(({ almagest }) => almagest);
  }
  /** Reports; gives true when the job must be stopped. */
  async update(update) {
    const { success, message, data } = await this.#call("pilot/update_job", update);
    if (!success)
      throw new AlmagestError("WORKLOAD.REQUEST_INVALID", `The server refused a report: ${message}.`);
    return data.command === "tobekilled";
  }
  /** Pushes lines of logs, once; a server that keeps none may leave them. Throws when they did not arrive. */
  async pushLogs(lines) {
    const response = await fetch(`${this.#url}/loki/api/v1/push`, {
      method: "POST",
      headers: this.#headers,
      body: JSON.stringify(toLokiPush(lines)),
      signal: AbortSignal.timeout(1e4)
    });
    await response.body?.cancel();
    if (response.status >= 500 || response.status === 429) throw refused("loki/api/v1/push", response.status);
  }
  /** Says that this pilot began or ended. */
  async updateWorker(workerId2, harvester, status) {
    await this.#call("pilot/update_worker_status", { worker_id: workerId2, harvester_id: harvester, status });
  }
};
function refused(path, status) {
  return new AlmagestError(
    "WORKLOAD.PILOT_LOST",
    `The server refuses ${path} with status ${status}; check the token.`
  );
}

// packages/workload/src/pilot/process-tree.ts
import { readdir, readFile } from "node:fs/promises";
var PILOT_MARK = "ALMAGEST_PILOT_MARK";
function markBelow(name) {
  const own = process.env[PILOT_MARK];
  return own === void 0 ? name : `${own}/${name}`;
}
var TICKS = 100;
async function readProc(path) {
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    const { code } = error;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return "";
    throw error;
  }
}
async function scan() {
  const found = [];
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const [stat2, environment] = [await readProc(`/proc/${pid}/stat`), await readProc(`/proc/${pid}/environ`)];
    const [state, parent, , session] = stat2.slice(stat2.lastIndexOf(")") + 2).split(" ");
    if (stat2 === "" || state === "Z" || state === "X") continue;
    const mark = environment.split("\0").find((entry) => entry.startsWith(`${PILOT_MARK}=`));
    found.push({
      pid,
      parent: Number(parent),
      session: Number(session),
      mark: mark?.slice(PILOT_MARK.length + 1)
    });
  }
  return found;
}
var last;
function listProcesses(maxAgeMs) {
  const now = performance.now();
  if (last === void 0 || now - last.atMs >= maxAgeMs) last = { atMs: now, entries: scan() };
  return last.entries;
}
var sessions = /* @__PURE__ */ new Map();
async function findMarked(mark, maxAgeMs = 0) {
  const carries = (entry) => entry.mark === mark || entry.mark?.startsWith(`${mark}/`) === true;
  const all = (await listProcesses(maxAgeMs)).map((entry) => ({ ...entry, marked: carries(entry) }));
  const own = all.find(({ pid }) => pid === process.pid)?.session;
  const known = sessions.get(mark) ?? /* @__PURE__ */ new Set();
  for (const { marked, session } of all) if (marked && session !== own) known.add(session);
  if (known.size > 0) sessions.set(mark, known);
  const ours = /* @__PURE__ */ new Set();
  for (const { pid, marked, session } of all) if (marked || known.has(session)) ours.add(pid);
  const children = /* @__PURE__ */ new Map();
  for (const { pid, parent } of all) children.set(parent, [...children.get(parent) ?? [], pid]);
  for (const pid of ours) for (const child of children.get(pid) ?? []) ours.add(child);
  ours.delete(process.pid);
  return [...ours];
}
function field(text, name) {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);
}
async function measureProcesses(pids) {
  const sum = {
    processes: 0,
    threads: 0,
    pssKb: 0,
    rssKb: 0,
    swapKb: 0,
    vmemKb: 0,
    userSec: 0,
    systemSec: 0,
    readChars: 0,
    writeChars: 0,
    readBytes: 0,
    writeBytes: 0
  };
  for (const pid of pids) {
    const [stat2, status, rollup, io] = await Promise.all([
      readProc(`/proc/${pid}/stat`),
      readProc(`/proc/${pid}/status`),
      readProc(`/proc/${pid}/smaps_rollup`),
      readProc(`/proc/${pid}/io`)
    ]);
    if (stat2 === "") continue;
    const fields = stat2.slice(stat2.lastIndexOf(")") + 2).split(" ");
    const rssKb = field(status, "VmRSS");
    sum.processes++;
    sum.threads += field(status, "Threads");
    sum.rssKb += rssKb;
    sum.pssKb += rollup === "" ? rssKb : field(rollup, "Pss");
    sum.swapKb += field(status, "VmSwap");
    sum.vmemKb += field(status, "VmSize");
    sum.userSec += Number(fields[11] ?? 0) / TICKS;
    sum.systemSec += Number(fields[12] ?? 0) / TICKS;
    sum.readChars += field(io, "rchar");
    sum.writeChars += field(io, "wchar");
    sum.readBytes += field(io, "read_bytes");
    sum.writeBytes += field(io, "write_bytes");
  }
  return sum;
}
async function killMarked(mark, graceMs) {
  await signalMarked(mark, "SIGTERM");
  const deadline = performance.now() + graceMs;
  while ((await findMarked(mark)).length > 0) {
    if (performance.now() > deadline) {
      await signalMarked(mark, "SIGSTOP");
      if (await signalMarked(mark, "SIGKILL") === 0) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  sessions.delete(mark);
}
async function signalMarked(mark, signal) {
  const pids = await findMarked(mark);
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
  return pids.length;
}

// packages/workload/src/pilot/run-job.ts
import { spawn as spawn2 } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join as join3 } from "node:path";

// packages/workload/src/traces/pilot-timing.ts
function writePilotTiming({ setup, stageIn, payload, stageOut }) {
  return [0, stageIn, payload, stageOut, 0, setup].map((seconds) => String(Number(seconds.toFixed(3)))).join("|");
}

// packages/workload/src/pilot/capped-log.ts
import { open } from "node:fs/promises";
var CappedLog = class _CappedLog {
  #file;
  #headBytes;
  #tailBytes;
  #written = 0;
  #dropped = 0;
  #total = 0;
  #tail = [];
  #tailLength = 0;
  #queue = Promise.resolve();
  #reader;
  constructor(file, limitBytes, reader) {
    this.#file = file;
    this.#reader = reader;
    this.#headBytes = Math.floor(limitBytes / 2);
    this.#tailBytes = limitBytes - this.#headBytes;
  }
  static async create(path, limitBytes, reader) {
    return new _CappedLog(await open(path, "a"), limitBytes, reader);
  }
  /** All that was given to it, also what it left out. */
  get totalBytes() {
    return this.#total;
  }
  write(chunk) {
    this.#total += chunk.length;
    this.#reader?.write(chunk);
    const room = Math.max(0, this.#headBytes - this.#written);
    const head = chunk.subarray(0, room);
    const rest = chunk.subarray(room);
    if (head.length > 0) {
      this.#written += head.length;
      this.#queue = this.#queue.then(async () => {
        await this.#file.write(head);
      });
      this.#queue.catch(() => {
      });
    }
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailLength += rest.length;
    while (this.#tailLength - this.#tail[0].length >= this.#tailBytes) {
      const old = this.#tail.shift();
      this.#tailLength -= old.length;
      this.#dropped += old.length;
    }
  }
  async close() {
    this.#reader?.end();
    try {
      await this.#queue;
      if (this.#dropped > 0) await this.#file.write(`
[\u2026 ${this.#dropped} bytes left out \u2026]
`);
      for (const chunk of this.#tail) await this.#file.write(chunk);
    } finally {
      await this.#file.close();
    }
  }
};

// packages/workload/src/pilot/drain-output.ts
import { setImmediate as nextTurn } from "node:timers/promises";
async function drainOutput(bytesRead) {
  for (let before = -1, quiet = 0; quiet < 2; ) {
    await nextTurn();
    const now = bytesRead();
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
}

// packages/workload/src/pilot/memory-monitor.ts
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
var COLUMNS = [
  "Time",
  "nprocs",
  "nthreads",
  "pss",
  "rss",
  "swap",
  "vmem",
  "utime",
  "stime",
  "wtime",
  "rchar",
  "wchar",
  "read_bytes",
  "write_bytes"
];
function toSample(use, startMs, nowMs) {
  return {
    Time: Math.round(nowMs / 1e3),
    nprocs: use.processes,
    nthreads: use.threads,
    pss: use.pssKb,
    rss: use.rssKb,
    swap: use.swapKb,
    vmem: use.vmemKb,
    utime: Math.round(use.userSec),
    stime: Math.round(use.systemSec),
    wtime: Math.round((nowMs - startMs) / 1e3),
    rchar: use.readChars,
    wchar: use.writeChars,
    read_bytes: use.readBytes,
    write_bytes: use.writeBytes
  };
}
var MemoryMonitor = class {
  #mark;
  #folder;
  #startMs;
  #maxAgeMs;
  #samples = 0;
  /** What a warm worker had used before this job is not this job's. */
  #cpuBeforeSec;
  #cpuSec = 0;
  #sums = {};
  #max = {};
  /** `maxAgeMs`: how old a look at the processes may be, which other monitors of this process may have taken. */
  constructor(mark, folder2, startMs, maxAgeMs = 0) {
    this.#maxAgeMs = maxAgeMs;
    this.#mark = mark;
    this.#folder = folder2;
    this.#startMs = startMs;
  }
  /** Takes one sample and writes the files. */
  async sample(nowMs) {
    const use = await measureProcesses(await findMarked(this.#mark, this.#maxAgeMs));
    const sample = toSample(use, this.#startMs, nowMs);
    const file = join(this.#folder, "memory_monitor_output.txt");
    if (this.#samples === 0) await writeFile(file, `${COLUMNS.join("	")}
`);
    await appendFile(file, `${COLUMNS.map((column) => sample[column]).join("	")}
`);
    this.#samples++;
    const cpuSec = use.userSec + use.systemSec;
    this.#cpuBeforeSec ??= cpuSec;
    this.#cpuSec = Math.max(this.#cpuSec, cpuSec - this.#cpuBeforeSec);
    for (const [name, value] of Object.entries(sample)) {
      if (name === "Time") continue;
      this.#sums[name] = (this.#sums[name] ?? 0) + value;
      this.#max[name] = Math.max(this.#max[name] ?? 0, value);
    }
    await this.#writeSummary();
    return use;
  }
  async #writeSummary() {
    const average = Object.entries(this.#sums).map(([name, sum]) => [name, Math.round(sum / this.#samples)]);
    const summary = { Max: this.#max, Avg: Object.fromEntries(average), prmon: { Version: "almagest" } };
    await writeFile(
      join(this.#folder, "memory_monitor_summary.json"),
      `${JSON.stringify(summary, null, 1)}
`
    );
  }
  /** What was seen so far. */
  summary() {
    return { maxMemoryKb: this.#max.pss ?? 0, cpuSec: this.#cpuSec, samples: this.#samples };
  }
};

// packages/workload/src/pilot/payload.ts
function member(payload, name) {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return void 0;
  return payload[name];
}
function environmentOf(payload) {
  const value = member(payload, "environment");
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
function launchOf(order) {
  const worker = member(order.taskPayload, "worker");
  const source = worker ?? (member(order.jobPayload, "command") === void 0 ? order.taskPayload : order.jobPayload);
  const command = member(source, "command");
  if (!Array.isArray(command) || command.length === 0 || !command.every((word) => typeof word === "string"))
    return void 0;
  const environment = Object.entries({
    ...environmentOf(worker ?? order.taskPayload),
    // A warm worker is shared by jobs; what differs between them is in the job.
    ...worker === void 0 ? environmentOf(order.jobPayload) : {}
  });
  return {
    command,
    environment: Object.fromEntries(environment.map(([name, value]) => [name, String(value)])),
    warm: worker !== void 0
  };
}

// packages/workload/src/pilot/warm-worker.ts
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

// packages/workload/src/pilot/worker-protocol.ts
function writeWorkerLine(message) {
  return `${JSON.stringify(message)}
`;
}
function readWorkerLine(line) {
  let message;
  try {
    message = parseJson(line);
  } catch (cause) {
    throw protocolError(line, cause);
  }
  if (typeof message !== "object" || message === null || !("type" in message)) throw protocolError(line);
  switch (message.type) {
    case "ready":
      return { type: "ready" };
    case "progress":
      return { type: "progress", text: "text" in message ? String(message.text) : "" };
    case "result": {
      const { attemptId, status } = message;
      if (typeof attemptId !== "number" || status !== "finished" && status !== "failed")
        throw protocolError(line);
      return message;
    }
    default:
      return void 0;
  }
}
function protocolError(line, cause) {
  const shown = line.length > 200 ? `${line.slice(0, 200)}\u2026` : line;
  return new AlmagestError(
    "WORKLOAD.WORKER_PROTOCOL",
    `A worker wrote a line that is not of the protocol: ${shown}`,
    {
      cause,
      fields: { line: shown }
    }
  );
}

// packages/workload/src/pilot/warm-worker.ts
var WarmWorker = class {
  mark;
  #child;
  #exited;
  #log;
  #logBytes = 0;
  #waiting;
  #dead = false;
  constructor(launch, mark, folder2) {
    this.mark = mark;
    const [program, ...rest] = launch.command;
    this.#child = spawn(program, rest, {
      cwd: folder2,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...launch.environment, [PILOT_MARK]: mark }
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once("error", (error) => this.#end({ code: null, signal: null }, error, resolve));
      this.#child.once("exit", (code, signal) => this.#end({ code, signal }, void 0, resolve));
    });
    this.#child.stdin.on("error", () => {
    });
    this.#child.stderr.on("data", (chunk) => {
      this.#logBytes += chunk.length;
      this.#log?.write(chunk);
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#hear(line));
  }
  get alive() {
    return !this.#dead;
  }
  #hear(line) {
    try {
      const message = readWorkerLine(line);
      if (message?.type === "progress") this.#log?.write(Buffer.from(`${message.text}
`));
      if (message?.type !== "result" || message.attemptId !== this.#waiting?.attemptId) return;
      const waiting = this.#waiting;
      this.#waiting = void 0;
      waiting.resolve(message);
    } catch (error) {
      this.#waiting?.reject(error);
      this.#waiting = void 0;
    }
  }
  #end(exit, error, resolve) {
    this.#dead = true;
    const how = error?.message ?? (exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`);
    this.#waiting?.reject(
      new AlmagestError("WORKLOAD.WORKER_PROTOCOL", `The worker ended before its job did: ${how}.`, {
        fields: { ...exit }
      })
    );
    this.#waiting = void 0;
    resolve(exit);
  }
  /** Hands over a job and waits for its result; the worker's standard error goes to `log`. Throws
   * `WORKLOAD.WORKER_PROTOCOL` when the worker ends or speaks out of turn (its exit is in the fields). */
  run(job, log2) {
    this.#log = log2;
    return new Promise((resolve, reject) => {
      this.#waiting = { attemptId: job.attemptId, resolve, reject };
      this.#child.stdin.write(writeWorkerLine(job));
    }).finally(async () => {
      await drainOutput(() => this.#logBytes);
      this.#log = void 0;
    });
  }
  /** Ends its input and waits for it to leave; gives false when it did not within `graceMs`. */
  async close(graceMs) {
    if (this.#dead) return true;
    this.#child.stdin.end();
    const timer = new AbortController();
    const late = once(AbortSignal.any([AbortSignal.timeout(graceMs), timer.signal]), "abort").then(
      () => false
    );
    const left = await Promise.race([this.#exited.then(() => true), late]);
    timer.abort();
    return left;
  }
};

// packages/workload/src/pilot/watch-job.ts
import { readdir as readdir2, stat } from "node:fs/promises";
import { join as join2 } from "node:path";
import { setTimeout as sleep2 } from "node:timers/promises";
async function folderBytes(folder2) {
  let bytes = 0;
  for (const entry of await readdir2(folder2, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    try {
      bytes += (await stat(join2(entry.parentPath, entry.name))).size;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  return bytes;
}
async function watchJob(monitor, folder2, limits, times, written2, heartbeat, done) {
  const start = performance.now();
  const stop2 = (code, text) => ({ source: "pilot", code, text });
  let lastBeat = start;
  let activity = "";
  let activeMs = start;
  while (!done.aborted) {
    const { pssKb, processes, readChars, writeChars } = await monitor.sample(Date.now());
    if (done.aborted) return void 0;
    if (pssKb > limits.memoryMb * 1e3) {
      return stop2(1212, `used ${Math.round(pssKb / 1e3)} MB of memory, ${limits.memoryMb} MB were allowed`);
    }
    if (processes > limits.processes) {
      return stop2(1305, `ran ${processes} processes at once, ${limits.processes} were allowed`);
    }
    if (written2() > limits.outputBytes) {
      const [wrote, allowed] = [written2(), limits.outputBytes].map((bytes) => Math.round(bytes / 1e6));
      return stop2(1106, `wrote ${wrote} MB of output, ${allowed} MB were allowed`);
    }
    const now = `${readChars} ${writeChars} ${written2()}`;
    if (now !== activity) activeMs = performance.now();
    activity = now;
    if (performance.now() - activeMs > limits.quietSec * 1e3) {
      return stop2(1150, `looping: neither read nor wrote anything for ${limits.quietSec} s`);
    }
    const elapsedSec = (performance.now() - start) / 1e3;
    if (elapsedSec > limits.wallSec) return stop2(1213, `ran longer than the ${limits.wallSec} s allowed`);
    const diskMb = await folderBytes(folder2) / 1e6;
    if (diskMb > limits.diskMb) {
      return stop2(1104, `its work folder holds ${Math.round(diskMb)} MB, ${limits.diskMb} MB were allowed`);
    }
    if (performance.now() - lastBeat >= times.heartbeatMs) {
      lastBeat = performance.now();
      if (await heartbeat()) return stop2(1144, "the server told the pilot to stop it");
    }
    const leftMs = Math.max(1, limits.wallSec * 1e3 - (performance.now() - start) + 1);
    await sleep2(Math.min(times.sampleMs, times.heartbeatMs, leftMs), void 0, { signal: done }).catch(
      () => {
      }
    );
  }
  return void 0;
}

// packages/workload/src/pilot/run-job.ts
var PilotSlot = class {
  #settings;
  #worker;
  #started = 0;
  constructor(settings) {
    this.#settings = settings;
  }
  /** Runs one job to its end and reports it; `stop` ends it early as given up. */
  async run(order, stop2) {
    const takenMs = performance.now();
    const { client, folder: folder2, diskMb, times, logBytes, limits: fixed, shipper, shipBytes } = this.#settings;
    const home = join3(folder2, String(order.attemptId));
    const work = join3(home, "work");
    await mkdir(work, { recursive: true });
    const ids = { job_id: order.attemptId, attempt_nr: order.attemptNr };
    if (await client.update({ ...ids, job_status: "running" })) return;
    const launch = launchOf(order);
    const mark = launch?.warm ? await this.#workerMark(launch) : `${this.#settings.mark}-${order.attemptId}`;
    const monitor = new MemoryMonitor(mark, home, Date.now(), this.#settings.times.sampleMs / 5);
    const log2 = await CappedLog.create(
      join3(home, "payload.log"),
      logBytes,
      shipper.taker(contextOf(order), shipBytes)
    );
    const done = new AbortController();
    const limits = { memoryMb: order.memoryMb, wallSec: order.wallSec, diskMb, ...fixed };
    const use = () => {
      const { maxMemoryKb, cpuSec } = monitor.summary();
      return { max_pss: maxMemoryKb, cpu_consumption_time: Math.round(cpuSec) };
    };
    const heartbeat = () => client.update({ ...ids, job_status: "running", ...use() });
    const watching = watchJob(
      monitor,
      work,
      limits,
      times,
      () => log2.totalBytes,
      heartbeat,
      AbortSignal.any([done.signal, stop2])
    );
    const launchedMs = performance.now();
    const running = this.#launch(launch, order, work, mark, log2).finally(() => done.abort());
    running.catch(() => {
    });
    const seen = await watching.catch(async (error) => {
      await this.#kill(mark);
      await running;
      await log2.close();
      throw error;
    });
    const stopped = seen ?? (stop2.aborted && !done.signal.aborted ? GIVEN_UP : void 0);
    if (stopped !== void 0) await this.#kill(mark);
    const ending = await running;
    await log2.close();
    if (!launch?.warm) await killMarked(mark, this.#settings.graceMs);
    const failure = stopped ?? ending.failure;
    if (failure === void 0) await rm(work, { recursive: true, force: true });
    const timing = {
      setup: (launchedMs - takenMs) / 1e3,
      payload: (performance.now() - launchedMs) / 1e3,
      ...{ stageIn: 0, stageOut: 0 }
    };
    const pilot_timing = writePilotTiming(timing);
    await client.update({ ...ids, ...use(), pilot_timing, ...endingFields(failure, ending) });
  }
  async #kill(mark) {
    await killMarked(mark, this.#settings.graceMs);
    if (this.#worker?.worker.mark === mark) this.#worker = void 0;
  }
  /** The mark of the warm worker for `launch`, started when there is none alive. */
  async #workerMark(launch) {
    const key = JSON.stringify(launch);
    if (this.#worker?.key === key && this.#worker.worker.alive) return this.#worker.worker.mark;
    await this.close();
    const mark = `${this.#settings.mark}-worker${++this.#started}`;
    this.#worker = { key, worker: new WarmWorker(launch, mark, this.#settings.folder) };
    return mark;
  }
  async #launch(launch, order, work, mark, log2) {
    if (launch === void 0) {
      const text = "the payload has neither a command nor a worker";
      return { failure: { source: "executor", code: 1, text }, exitCode: void 0, outputs: [] };
    }
    const job = {
      type: "job",
      attemptId: order.attemptId,
      attemptNr: order.attemptNr,
      jobName: order.jobName,
      label: order.label,
      workDir: work,
      ...order.taskPayload === void 0 ? {} : { taskPayload: order.taskPayload },
      ...order.jobPayload === void 0 ? {} : { jobPayload: order.jobPayload },
      ...order.traceparent === void 0 ? {} : { traceparent: order.traceparent }
    };
    return launch.warm ? this.#runWarm(job, mark, log2) : runCommand(launch, job, mark, log2);
  }
  async #runWarm(job, mark, log2) {
    try {
      const { status, error, outputs = [] } = await this.#worker.worker.run(job, log2);
      if (status === "finished") return { failure: void 0, exitCode: 0, outputs };
      const text = error?.text ?? "no reason given";
      return {
        failure: { source: "executor", code: error?.code ?? 1, text },
        exitCode: void 0,
        outputs: []
      };
    } catch (error) {
      if (!isAlmagestError(error, "WORKLOAD.WORKER_PROTOCOL")) throw error;
      await this.#kill(mark);
      const signal = error.fields.signal === "SIGKILL" ? KILLED_CODE : 1;
      const source = signal === KILLED_CODE ? "pilot" : "executor";
      return { failure: { source, code: signal, text: error.message }, exitCode: void 0, outputs: [] };
    }
  }
  /** Ends the warm worker. */
  async close() {
    const worker = this.#worker?.worker;
    this.#worker = void 0;
    if (worker !== void 0 && !await worker.close(this.#settings.graceMs)) {
      await killMarked(worker.mark, this.#settings.graceMs);
    }
  }
};
var contextOf = ({ workflowId, label, jobId, attemptId, queue: queue2 }) => {
  return { workflowId, task: label, jobId, attemptId, queue: queue2 };
};
var GIVEN_UP = { source: "pilot", code: 1144, text: "the pilot was told to end" };
var KILLED_CODE = 1212;
async function runCommand(launch, job, mark, log2) {
  const [program, ...rest] = launch.command;
  const trace = job.traceparent === void 0 ? {} : { TRACEPARENT: job.traceparent };
  const child = spawn2(program, rest, {
    cwd: job.workDir,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...launch.environment,
      ...trace,
      ...{ [PILOT_MARK]: mark, ALMAGEST_JOB: JSON.stringify(job) }
    }
  });
  let last2 = Buffer.alloc(0);
  let bytes = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      log2.write(chunk);
      bytes += chunk.length;
      last2 = Buffer.concat([last2, chunk]).subarray(-400);
    });
  }
  const { code, signal, error } = await new Promise((resolve) => {
    child.once("error", (cause) => resolve({ code: null, signal: null, error: cause }));
    child.once(
      "exit",
      (exitCode, exitSignal) => setImmediate(() => resolve({ code: exitCode, signal: exitSignal }))
    );
  });
  await drainOutput(() => bytes);
  child.stdout.destroy();
  child.stderr.destroy();
  if (code === 0) return { failure: void 0, exitCode: 0, outputs: [] };
  const ending = last2.toString("utf8").trim();
  if (error !== void 0) {
    return {
      failure: { source: "executor", code: 1, text: error.message },
      exitCode: void 0,
      outputs: []
    };
  }
  const failure = signal === null ? { source: "transform", code: code ?? 0, text: `exit code ${code}: ${ending}` } : {
    source: "pilot",
    code: signal === "SIGKILL" ? KILLED_CODE : 1305,
    text: `killed by ${signal}: ${ending}`
  };
  return { failure, exitCode: code ?? void 0, outputs: [] };
}
function endingFields(failure, ending) {
  if (failure === void 0) {
    const files = ending.outputs.map(({ name, sizeBytes, checksum }) => [
      name,
      { fsize: sizeBytes, adler32: checksum?.replace(/^ad:/, "") }
    ]);
    return {
      job_status: "finished",
      trans_exit_code: 0,
      job_output_report: JSON.stringify(Object.fromEntries(files))
    };
  }
  const exit = ending.exitCode === void 0 ? {} : { trans_exit_code: ending.exitCode };
  if (failure.source === "pilot") {
    return { job_status: "failed", ...exit, pilot_error_code: failure.code, pilot_error_diag: failure.text };
  }
  if (failure.source === "executor") {
    return { job_status: "failed", ...exit, exe_error_code: failure.code, exe_error_diag: failure.text };
  }
  return { job_status: "failed", ...exit, exe_error_diag: failure.text };
}

// packages/workload/src/pilot/run-pilot.ts
async function runPilot(options, stop2) {
  const { slots = 1, idleMs = 3e5, log: log2 = silentLogger, worker } = options;
  const client = new PilotClient(options);
  const shipper = new LogShipper((lines) => client.pushLogs(lines));
  const name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  await mkdir2(options.folder, { recursive: true });
  if (worker !== void 0) await client.updateWorker(worker.id, worker.harvester, "started");
  const counts = await Promise.all(
    Array.from({ length: slots }, async (_, index) => {
      const slot = new PilotSlot({
        client,
        mark: markBelow(`${name}-${index}`),
        folder: options.folder,
        times: { sampleMs: options.sampleMs ?? 5e3, heartbeatMs: options.heartbeatMs ?? 6e5 },
        diskMb: options.diskMb ?? 1e4,
        limits: {
          processes: options.processes ?? 5e3,
          outputBytes: options.outputBytes ?? 2e9,
          quietSec: options.quietSec ?? 7200
        },
        shipper,
        shipBytes: options.shipBytes ?? 1e6,
        logBytes: options.logBytes ?? 1e7,
        graceMs: options.graceMs ?? 5e3
      });
      let run = 0;
      try {
        for (let request = 1; !stop2.aborted; request++) {
          const offer = {
            site_name: options.queue,
            node: `${name}-${index}`,
            n_jobs: 1,
            wait_sec: idleMs / 1e3,
            request_id: `${name}-${index}-${request}`
          };
          const [order] = await client.acquire(offer, stop2).catch((error) => {
            if (stop2.aborted) return [];
            throw error;
          });
          if (order === void 0) break;
          log2.info("job begins", { attempt: order.attemptId, job: order.jobName });
          await slot.run(order, stop2);
          run++;
        }
      } finally {
        await slot.close();
      }
      return run;
    })
  ).finally(() => shipper.close());
  if (worker !== void 0) await client.updateWorker(worker.id, worker.harvester, "finished");
  return counts.reduce((sum, count2) => sum + count2, 0);
}

// packages/workload/src/pilot/pilot-main.ts
var { values } = parseArgs({
  options: {
    url: { type: "string" },
    queue: { type: "string" },
    folder: { type: "string" },
    slots: { type: "string", default: "1" },
    "worker-id": { type: "string" },
    harvester: { type: "string", default: "" },
    "idle-sec": { type: "string", default: "300" },
    "heartbeat-sec": { type: "string", default: "600" },
    "sample-sec": { type: "string", default: "5" }
  }
});
var { url, queue, folder } = values;
if (url === void 0 || queue === void 0 || folder === void 0) {
  process.stderr.write("Usage: pilot-main --url URL --queue NAME --folder DIR [--slots N] [--idle-sec S]\n");
  process.exit(2);
}
var stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => stop.abort());
var { ALMAGEST_PILOT_TOKEN, ALMAGEST_PILOT_TOKEN_FILE } = process.env;
delete process.env.ALMAGEST_PILOT_TOKEN;
delete process.env.ALMAGEST_PILOT_TOKEN_FILE;
var written = ALMAGEST_PILOT_TOKEN_FILE === void 0 ? void 0 : readFileSync(ALMAGEST_PILOT_TOKEN_FILE, "utf8").trim();
var token = ALMAGEST_PILOT_TOKEN ?? (written || void 0);
var workerId = values["worker-id"];
var log = createLogger((record) => process.stderr.write(`${formatLogLine(record)}
`));
var count = await runPilot(
  {
    url,
    queue,
    folder,
    slots: Number(values.slots),
    idleMs: Number(values["idle-sec"]) * 1e3,
    heartbeatMs: Number(values["heartbeat-sec"]) * 1e3,
    sampleMs: Number(values["sample-sec"]) * 1e3,
    ...token === void 0 ? {} : { token },
    ...workerId === void 0 ? {} : { worker: { id: Number(workerId), harvester: values.harvester } },
    log
  },
  stop.signal
);
log.info("pilot ends", { jobs: count });
