import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDaemon, waitUntil } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** A Prometheus that scrapes one target. */
export interface PrometheusServer {
  readonly url: string;
  /** Values of an instant query, with their labels. */
  query(expression: string): Promise<readonly { labels: Record<string, string>; value: number }[]>;
  stop(): Promise<void>;
}

/** What is missing to start one; empty when nothing is. */
export function missingForPrometheus(): string {
  const found = ["prometheus", "promtool"].every((name) => spawnSync(name, ["--version"]).status === 0);
  return found ? "" : "needs prometheus and promtool (Debian package prometheus)";
}

/** What `promtool check metrics` says against a text of metrics; empty when nothing. */
export function checkMetrics(text: string): string {
  const { stdout, stderr, status } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  });
  return status === 0 ? "" : `${stdout}${stderr}`.trim() || `exit ${status}`;
}

/** Starts one that scrapes `http://HOST:PORT/metrics` of `target` every 200 ms with a bearer token. */
export async function startPrometheus(target: string, token: string): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-prometheus-"));
  const [port] = (await freePorts(1)) as [number];
  const config = join(folder, "prometheus.yml");
  writeFileSync(join(folder, "token"), token, { mode: 0o600 });
  writeFileSync(
    config,
    `global: { scrape_interval: 200ms }
scrape_configs:
  - job_name: target
    authorization: { credentials_file: ${join(folder, "token")} }
    static_configs: [{ targets: ["${new URL(target).host}"] }]
`,
  );
  execFileSync("promtool", ["check", "config", config], { stdio: "pipe" });
  const daemon = startDaemon(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { log: join(folder, "prometheus.log") },
  );
  const url = `http://127.0.0.1:${port}`;
  const ready = (): Promise<boolean> =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitUntil(ready, "prometheus", daemon);
  return {
    url,
    async query(expression) {
      const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await answer.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async stop() {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
