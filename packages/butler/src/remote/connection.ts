import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError } from "@almagest/base";
import { readWireError } from "../server/wire-errors.ts";
import { fromWireJson, toWireJson } from "../server/wire-json.ts";

/** How to reach a Butler server. */
export interface ConnectionOptions {
  readonly url: string;
  /** Bearer token, or what gives the one that is good now. */
  readonly token?: string | (() => string | Promise<string>);
}

/** Requests to a Butler server. */
export interface Connection {
  readonly url: string;
  /** Calls a method with its arguments. Throws what the server's Butler threw. */
  call<T>(method: string, ...args: readonly unknown[]): Promise<T>;
  /** Lines of a long answer; ending the iteration ends it at the server. */
  lines(path: string, body: unknown, signal?: AbortSignal): AsyncGenerator<Readonly<Record<string, unknown>>>;
  /** Sends a file. */
  upload(path: string, body: Blob): Promise<void>;
}

const ATTEMPTS = 30;

async function failure(response: Response): Promise<AlmagestError> {
  return readWireError(response.status, await response.json().catch(() => undefined));
}

/** A connection to the server at `url`. A busy server is asked again when it says so. */
export function createConnection(options: ConnectionOptions): Connection {
  const url = options.url.replace(/\/+$/, "");
  async function request(path: string, init: RequestInit): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const token = typeof options.token === "function" ? await options.token() : options.token;
      const headers = {
        "content-type": "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      let response: Response;
      try {
        response = await fetch(`${url}/almagest/v1/${path}`, { ...init, headers });
      } catch (cause) {
        if (init.signal?.aborted) throw cause;
        throw new AlmagestError("BUTLER.SERVER_UNREACHABLE", `The server ${url} cannot be reached.`, {
          cause,
          retryable: true,
          fields: { url },
        });
      }
      if (response.ok) return response;
      const wait = Number(response.headers.get("retry-after"));
      if (response.status !== 503 || !(wait > 0) || attempt === ATTEMPTS) throw await failure(response);
      await response.body?.cancel();
      await sleep(Math.min(wait, 10) * 1000);
    }
  }
  return {
    url,
    call: async <T>(method: string, ...args: readonly unknown[]): Promise<T> => {
      // What is left out at the end is not sent, rather than sent as null.
      const given = args.slice(0, args.findLastIndex((value) => value !== undefined) + 1);
      const response = await request(`call/${method}`, { method: "POST", body: toWireJson(given) });
      return fromWireJson(await response.text()) as T;
    },
    async *lines(path, body, signal) {
      const response = await request(path, {
        method: "POST",
        body: toWireJson(body),
        ...(signal === undefined ? {} : { signal }),
      });
      let rest = "";
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) {
        const texts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
        rest = texts.pop()!;
        for (const text of texts) {
          const line = fromWireJson(text) as Record<string, unknown>;
          if (line.type === "error") throw readWireError(422, line.error);
          if (line.type !== "keep-alive") yield line;
        }
      }
    },
    upload: async (path, body) => {
      await request(path, { method: "PUT", body });
    },
  };
}
