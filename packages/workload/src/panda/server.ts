import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AlmagestError, isAlmagestError, type Json, type Logger, silentLogger } from "@almagest/base";
import { type AccessSettings, authenticate, type Identity, requireRole, statusOf } from "@almagest/identity";
import type { LineForwarder } from "../logs/line-forwarder.ts";
import type { LogStore } from "../logs/log-store.ts";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import type { WorkerLine } from "../questions/list-workers.ts";
import type { Tracer } from "../traces/tracer.ts";
import { CacheFiles } from "./cache-files.ts";
import { type Answer, type Call, type CallContext, ok, type Services } from "./call.ts";
import { PANDA_CALLS } from "./calls.ts";
import { decodeParameters } from "./decode-body.ts";
import { fromLegacyNames } from "./legacy-names.ts";
import { describeApi } from "./openapi.ts";
import { queueJson } from "./queue-json.ts";
import { submitStream } from "./submit-stream.ts";
import { takeLogs } from "./take-logs.ts";

/** How the server is started. */
export interface PandaServerOptions {
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** A free port unless told. */
  readonly port?: number;
  /** Who is let in; without it everybody who reaches the port may do everything. */
  readonly access?: AccessSettings;
  /** Certificate, key and authorities; then it speaks HTTPS and asks clients for certificates. */
  readonly tls?: Pick<TlsOptions, "cert" | "key" | "ca">;
  /** What /cache/ddmendpoints.json answers. */
  readonly endpoints?: Json;
  /** Fields that replace those of the queue files (storages, copy tools, container …), for all queues. */
  readonly queueFields?: Readonly<Record<string, Json>>;
  /** Folder for sandboxes that clients upload; without it none are taken. */
  readonly cacheFolder?: string;
  /** Storage endpoint for the outputs of tasks; the first of `endpoints` unless told. */
  readonly outputEndpoint?: string;
  /** Where logs that pilots push (as to a Loki, at `/loki/api/v1/push`) are kept; without it none are taken. */
  readonly logs?: LogStore;
  /** Gives jobs their place in traces; without it they have none. */
  readonly tracer?: Tracer;
  /** What a worker's pilot printed, from its batch system; undefined where that is not to be had. */
  readonly pilotLog?: (worker: WorkerLine) => Promise<string | undefined>;
  /** Other stores that are sent a copy. */
  readonly logForwards?: readonly Pick<LineForwarder, "take">[];
  readonly log?: Logger;
}

/** A running server. */
export interface PandaServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The transformation of tasks that name none. */
const RUN_GEN = join(import.meta.dirname, "../../assets/run-gen.py");

const LEGACY = new Map(
  PANDA_CALLS.flatMap((call) => (call.legacy === undefined ? [] : [[call.legacy, call]])),
);
const V1 = new Map(PANDA_CALLS.flatMap((call) => (call.v1 === undefined ? [] : [[call.v1, call]])));

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

function send(response: ServerResponse, status: number, body: Json): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** A fault of the service that passes: whoever asked may ask the same again. */
const isPassing = (error: unknown): boolean =>
  error instanceof AlmagestError && (error.retryable || error.code.startsWith("DATABASE."));

/** A user's mistake and a passing fault as PanDA tells them, with status 200; everything else is a fault of ours. */
function explain(error: unknown): Answer {
  if (!(error instanceof AlmagestError) || isAlmagestError(error, "BASE.INVARIANT")) throw error;
  if (statusOf(error) !== undefined) throw error;
  const { message } = error;
  return { success: false, message, data: null, legacy: { StatusCode: 30, errorDialog: message } };
}

/**
 * Serves PanDA's API, legacy (`/server/panda/…`) and v1 (`/api/v1/…`), the queue and endpoint files that a pilot reads,
 * `/metrics` for Prometheus, and `/openapi.json`. Plain node:http: a table of calls needs no framework, and the pilot's undeclared gzip would have to be
 * read around one anyway.
 */
export async function startPandaServer(
  manager: WorkloadManager,
  options: PandaServerOptions = {},
): Promise<PandaServer> {
  const { host = "127.0.0.1", port = 0, access = {}, tls, log = silentLogger } = options;
  const firstEndpoint = Object.keys((options.endpoints as Readonly<Record<string, Json>>) ?? {})[0];
  const services: Services = {
    manager,
    files: options.cacheFolder === undefined ? undefined : new CacheFiles(options.cacheFolder),
    logs: options.logs,
    tracer: options.tracer,
    pilotLog: options.pilotLog,
    taskDefaults: {
      get transformation() {
        return `${url()}/trf/run-gen.py`;
      },
      endpoint: options.outputEndpoint ?? firstEndpoint ?? "",
    },
    url: () => url(),
  };
  const handle = createHandler(services, access, options);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch((error: unknown) => {
      const status = statusOf(error) ?? (isPassing(error) ? 503 : 500);
      const known = status === 500 ? undefined : (error as AlmagestError).message;
      // The address without its query, which may hold what nobody should read later.
      const url = request.url?.split("?", 1)[0];
      if (status >= 500) log.error("a request failed", { url, error });
      else log.warn("a request was refused", { url, status, code: (error as AlmagestError).code });
      if (response.headersSent) return response.destroy();
      // A body that nobody reads would keep the connection from its next request.
      if (!request.complete) response.setHeader("connection", "close");
      const message = known ?? "internal error";
      const legacy = request.url?.startsWith("/server/panda/");
      send(
        response,
        status,
        legacy
          ? { StatusCode: status >= 500 ? 30 : 60, errorDialog: message }
          : { success: false, message, data: null },
      );
    });
  };
  // A pilot that waits for work behind a network that was cut is given none for long.
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000 };
  const server =
    tls === undefined
      ? createServer(keepAlive, listener)
      : createTlsServer({ ...keepAlive, ...tls, requestCert: true, rejectUnauthorized: false }, listener);
  const url = (): string =>
    `${tls === undefined ? "http" : "https"}://${host}:${(server.address() as AddressInfo).port}`;
  // A pilot may be silent while it waits for work.
  server.requestTimeout = 0;
  await listen(server, host, port);
  return {
    url: url(),
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function createHandler(
  services: Services,
  access: AccessSettings,
  { endpoints = {}, queueFields = {}, logForwards = [] }: PandaServerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { manager } = services;

  /** Lets the caller in, or throws an error of IDENTITY. */
  const admit = async (
    request: IncomingMessage,
    call: Pick<Call, "needs">,
  ): Promise<Identity | undefined> => {
    if (call.needs === "anyone") return undefined;
    const caller = await authenticate(request, access);
    requireRole(caller, call.needs);
    return caller;
  };

  const run = async (
    call: Call,
    request: IncomingMessage,
    response: ServerResponse,
    query: string,
    legacy: boolean,
  ): Promise<Answer> => {
    const caller = (await admit(request, call)) ?? NOBODY;
    // Made for those who look at it: most calls are answered too soon for the caller to go.
    let gone: AbortController | undefined;
    const context: CallContext = {
      caller,
      get signal() {
        if (gone === undefined) {
          gone = new AbortController();
          response.on("close", () => gone!.abort());
        }
        return gone.signal;
      },
    };
    try {
      const parameters = await decodeParameters(request, query);
      const renamed = legacy ? fromLegacyNames(parameters) : parameters;
      return await call.run(services, renamed, context);
    } catch (error) {
      // Under the legacy names a passing fault is an answer like others; our own clients ask again after a 503.
      if (!legacy && isPassing(error)) throw error;
      return explain(error);
    }
  };

  return async (request, response) => {
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
    if (path.startsWith("/server/panda/")) {
      const call = LEGACY.get(path.slice("/server/panda/".length));
      if (call === undefined) return send(response, 403, { StatusCode: 30, errorDialog: "unknown method" });
      const answer = await run(call, request, response, query, true);
      return send(response, 200, answer.legacy ?? answer.data);
    }
    if (path === "/api/v1/workload/submit" && request.method === "POST") {
      const caller = await admit(request, { needs: "user" });
      const answer = await submitStream(manager, request, caller!).then(
        (result): Answer => ({ success: true, message: "", data: { ...result } }),
        explain,
      );
      return send(response, 200, { success: answer.success, message: answer.message, data: answer.data });
    }
    if (path === "/metrics" && request.method === "GET") {
      await admit(request, { needs: "reader" });
      const text = await manager.metrics();
      return void response.writeHead(200, { "content-type": METRICS_TYPE }).end(text);
    }
    const { files, logs } = services;
    if (path === "/loki/api/v1/push" && logs !== undefined && request.method === "POST") {
      await admit(request, { needs: "pilot" });
      try {
        await takeLogs(request, logs, (lines) => {
          for (const forward of logForwards) forward.take(lines);
        });
      } catch (error) {
        const { message } = explain(error);
        return send(response, 400, { message });
      }
      return void response.writeHead(204).end();
    }
    if (
      path === "/api/v1/file_server/upload_cache_file" &&
      files !== undefined &&
      request.method === "POST"
    ) {
      await admit(request, { needs: "user" });
      const answer = await files.take(request).then((name): Answer => ok(null, undefined, name), explain);
      return send(response, 200, { success: answer.success, message: answer.message, data: answer.data });
    }
    if (path.startsWith("/api/v1/")) {
      const call = V1.get(path.slice("/api/v1/".length));
      if (call === undefined)
        return send(response, 404, { success: false, message: "unknown method", data: null });
      const { success, message, data } = await run(call, request, response, query, false);
      return send(response, 200, { success, message, data });
    }
    // Pilots and payloads read these files without a token: sandboxes by names that nobody guesses, the rest is no secret.
    const sandbox = /^\/cache\/([^/]+)$/.exec(path)?.[1];
    if (sandbox !== undefined && (await files?.send(sandbox, response))) return;
    if (path === "/trf/run-gen.py") return void response.end(await readFile(RUN_GEN));
    if (path === "/openapi.json") return send(response, 200, describeApi());
    if (path === "/cache/ddmendpoints.json") return send(response, 200, endpoints);
    const cached = /^\/cache\/schedconfig\/(.+?)(\.all)?\.json$/.exec(path);
    const queue = manager.queues().find(({ name }) => name === safeDecode(cached?.[1] ?? ""));
    if (queue === undefined) return send(response, 404, { message: "not found" });
    const fields = { ...queueJson(queue), ...queueFields };
    return send(response, 200, cached?.[2] === ".all" ? fields : { [queue.name]: fields });
  };
}

/** The caller of what anyone may call. */
const NOBODY: Identity = { subject: "", name: "nobody", issuer: "", groups: [], roles: new Set() };

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // A broken escape names no queue.
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
