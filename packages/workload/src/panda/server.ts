import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AlmagestError, isAlmagestError, type Json, type Logger, silentLogger } from "@almagest/base";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import { type Answer, type Call, PANDA_CALLS } from "./calls.ts";
import { decodeParameters } from "./decode-body.ts";
import { fromLegacyNames } from "./legacy-names.ts";
import { queueJson } from "./queue-json.ts";

/** How the server is started. */
export interface PandaServerOptions {
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** A free port unless told. */
  readonly port?: number;
  /** Bearer tokens that are let in; without any, everybody who reaches the port is. Full identity is not here yet. */
  readonly tokens?: readonly string[];
  /** What /cache/ddmendpoints.json answers. */
  readonly endpoints?: Json;
  /** Fields that replace those of the queue files (storages, copy tools, container …), for all queues. */
  readonly queueFields?: Readonly<Record<string, Json>>;
  readonly log?: Logger;
}

/** A running server. */
export interface PandaServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const LEGACY = new Map(
  PANDA_CALLS.flatMap((call) => (call.legacy === undefined ? [] : [[call.legacy, call] as const])),
);
const V1 = new Map(PANDA_CALLS.map((call) => [call.v1, call]));

function send(response: ServerResponse, status: number, body: Json): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** True when the request carries one of the tokens. */
function isKnown(request: IncomingMessage, tokens: readonly string[]): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  return tokens.some((token) => {
    const wanted = Buffer.from(`Bearer ${token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

async function runCall(
  manager: WorkloadManager,
  call: Call,
  request: IncomingMessage,
  response: ServerResponse,
  query: string,
  legacy: boolean,
): Promise<Answer> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  try {
    const parameters = await decodeParameters(request, query);
    return await call.run(manager, legacy ? fromLegacyNames(parameters) : parameters, gone.signal);
  } catch (error) {
    // A user's mistake and a passing fault are answered in PanDA's way, with status 200; everything else is a fault of ours.
    if (!(error instanceof AlmagestError) || isAlmagestError(error, "BASE.INVARIANT")) throw error;
    const { message } = error;
    return { success: false, message, data: null, legacy: { StatusCode: 30, errorDialog: message } };
  }
}

/** Serves the pilot's side of PanDA's API, legacy (`/server/panda/…`) and v1 (`/api/v1/…`), and the queue and endpoint
 * files that a pilot reads. Plain node:http: ten routes need no framework, and the pilot's undeclared gzip would have to
 * be read around one anyway. */
export async function startPandaServer(
  manager: WorkloadManager,
  options: PandaServerOptions = {},
): Promise<PandaServer> {
  const {
    host = "127.0.0.1",
    port = 0,
    tokens = [],
    endpoints = {},
    queueFields = {},
    log = silentLogger,
  } = options;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
    // A real pilot reads the queue files without a token; they hold nothing secret.
    const open = path.startsWith("/cache/");
    if (!open && tokens.length > 0 && !isKnown(request, tokens)) {
      return send(response, 403, { success: false, message: "unknown token", data: null });
    }
    if (path.startsWith("/server/panda/")) {
      const call = LEGACY.get(path.slice("/server/panda/".length));
      if (call === undefined) return send(response, 403, { StatusCode: 30, errorDialog: "unknown method" });
      const answer = await runCall(manager, call, request, response, query, true);
      return send(response, 200, answer.legacy ?? answer.data);
    }
    if (path.startsWith("/api/v1/")) {
      const call = V1.get(path.slice("/api/v1/".length));
      if (call === undefined)
        return send(response, 404, { success: false, message: "unknown method", data: null });
      const { success, message, data } = await runCall(manager, call, request, response, query, false);
      return send(response, 200, { success, message, data });
    }
    if (path === "/cache/ddmendpoints.json") return send(response, 200, endpoints);
    const cached = /^\/cache\/schedconfig\/(.+?)(\.all)?\.json$/.exec(path);
    const queue = manager.queues().find(({ name }) => name === decodeURIComponent(cached?.[1] ?? ""));
    if (queue === undefined) return send(response, 404, { message: "not found" });
    const fields = { ...queueJson(queue), ...queueFields };
    return send(response, 200, cached?.[2] === ".all" ? fields : { [queue.name]: fields });
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.error("a request failed", { url: request.url, error });
      if (!response.headersSent)
        send(response, 500, { success: false, message: "internal error", data: null });
      else response.destroy();
    });
  });
  // A pilot may be silent while it waits for work.
  server.requestTimeout = 0;
  await listen(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host}:${bound}`,
    port: bound,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
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
