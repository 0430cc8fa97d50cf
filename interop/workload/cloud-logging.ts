import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { LineForwarder } from "../../packages/workload/src/logs/line-forwarder.ts";
import type { LogLine } from "../../packages/workload/src/logs/log-store.ts";
import { sendToGoogle } from "../../packages/workload/src/logs/send-to-google.ts";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

/** What our forwarder really sends, taken down on loopback in the place of Cloud Logging and of the metadata server. */
async function takeDown(lines: readonly LogLine[]): Promise<string[]> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      if (request.url?.includes("/token")) return response.end('{"access_token": "t", "expires_in": 3600}');
      bodies.push(body);
      response.end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.GCE_METADATA_HOST = host;
  const target = { project: "rubin", log: "jobs of/night 1", url: `http://${host}` };
  const forward = new LineForwarder(sendToGoogle(target), { batchLines: 3, periodMs: 1 });
  forward.take(lines);
  while (bodies.length < Math.ceil(lines.length / 3)) await new Promise((resolve) => setTimeout(resolve, 5));
  await forward.close();
  delete process.env.GCE_METADATA_HOST;
  server.close().closeAllConnections();
  return bodies;
}

const ABOUT = { workflowId: 1, task: "isr", jobId: 5, attemptId: 9, queue: "Q" };

/** The types of Google's own client, on the requests that we send to Cloud Logging. */
export const bars: Bar[] = [
  {
    name: "google-cloud-logging's types on our entries:write",
    goal: "they read every entry, strictly: text, severity, time, labels, an id of its own",
    async measure() {
      const lines = ["info", "debug", "warn", "error", "odd"].map((level, index): LogLine => {
        return { ...ABOUT, level, timeMs: index === 4 ? 0 : 1_700_000_000_123 + index, text: `ü ${level}` };
      });
      const read = (await takeDown(lines)).flatMap((body) => {
        const python = findPython(["google.cloud.logging_v2"]);
        const script = join(import.meta.dirname, "google-entries.py");
        const { stdout, stderr, status } = spawnSync(python, [script], { input: body, encoding: "utf8" });
        if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1));
        return JSON.parse(stdout) as Record<string, string | null>[];
      });
      const good = read.filter((entry, index) => {
        const { text, timeMs } = lines[index]!;
        const time = entry.time === null ? 0 : Date.parse(entry.time!);
        return (
          entry.text === text && time === timeMs && entry.log === "projects/rubin/logs/jobs%20of%2Fnight%201"
        );
      });
      const severities = read.map(({ severity }) => severity).join(" ");
      return {
        figure: `${good.length} of ${lines.length} entries; severities ${severities}`,
        pass:
          good.length === lines.length &&
          severities === "INFO DEBUG WARNING ERROR DEFAULT" &&
          new Set(read.map(({ id }) => id)).size === lines.length,
      };
    },
  },
];
