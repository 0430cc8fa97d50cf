import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { AlmagestError } from "@almagest/base";
import { type Backoff, backoffMs, createBackoff } from "./backoff.ts";
import { type HttpReply, type HttpRequest, sendOnce } from "./send-once.ts";

/** A reply, and how often the request was sent for it: after a repetition an earlier one may have been carried out. */
export interface FinalReply extends HttpReply {
  readonly attempts: number;
}

/** Sends HTTP requests over kept connections, again where that may help. */
export interface HttpClient {
  /**
   * Sends a request; `prepare` makes it anew for each attempt (signatures hold a time). Replies of 408, 429, 500, 502, 503
   * and 504, broken connections and bodies cut short are tried again. Throws `RESOURCES.UNAVAILABLE` when all attempts
   * fail; other statuses are the caller's to judge.
   */
  send(
    prepare: () => HttpRequest | Promise<HttpRequest>,
    /** What is wrong with a reply that looks right, such as its checksum; it is then asked for again. */
    verify?: (reply: HttpReply) => string | undefined,
  ): Promise<FinalReply>;
  /** Closes kept connections. */
  close(): void;
}

/** Certificates for TLS, in PEM. */
export interface TlsIdentity {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string | readonly string[];
}

/** What an HTTP client may be told. */
export interface HttpClientOptions {
  readonly tls?: TlsIdentity;
  readonly backoff?: Partial<Backoff>;
  /** Give up on a silent connection after this long. */
  readonly idleMs?: number;
  readonly connections?: number;
}

const TRY_AGAIN: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

function askedMs(reply: HttpReply): number {
  const seconds = Number(reply.headers["retry-after"]);
  return Number.isFinite(seconds) ? Math.min(seconds, 60) * 1000 : 0;
}

function unavailable(
  request: HttpRequest,
  attempts: number,
  cause: unknown,
  reply?: HttpReply,
): AlmagestError {
  const what = reply === undefined ? (cause as Error).message : `status ${reply.status}`;
  const url = new URL(request.url);
  const place = `${url.origin}${url.pathname}`;
  return new AlmagestError(
    "RESOURCES.UNAVAILABLE",
    `${request.method} ${place} failed ${attempts} times, last with: ${what}. Try again later, or check that the service runs.`,
    {
      cause,
      fields: { url: place, ...(reply === undefined ? {} : { status: reply.status }) },
      retryable: true,
    },
  );
}

/** Failures that no repetition mends: a wrong certificate, an unknown host. */
function isFinal(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return (
    code === "ENOTFOUND" ||
    code === "ENOENT" ||
    /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)
  );
}

/** A client with its own connections; it keeps no process alive. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const backoff = createBackoff(options.backoff);
  const { idleMs = 60_000, connections = 32, tls: { ca, ...tls } = {} } = options;
  const settings = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections };
  const agents = {
    http: new Agent(settings),
    https: new TlsAgent({
      ...settings,
      ...tls,
      ...(ca === undefined ? {} : { ca: [ca].flat() as string[] }),
    }),
  };
  return {
    send: async (prepare, verify = () => undefined) => {
      for (let attempt = 1; ; attempt++) {
        const request = await prepare();
        let reply: HttpReply | undefined;
        let failure: unknown;
        try {
          reply = await sendOnce(request, agents, idleMs);
        } catch (error) {
          failure = error;
        }
        if (reply !== undefined && !TRY_AGAIN.has(reply.status)) {
          const problem = verify(reply);
          if (problem === undefined) return { ...reply, attempts: attempt };
          failure = new Error(problem);
          reply = undefined;
        }
        if (attempt >= backoff.attempts || (reply === undefined && isFinal(failure)))
          throw unavailable(request, attempt, failure, reply);
        await backoff.wait(backoffMs(backoff, attempt, reply === undefined ? 0 : askedMs(reply)));
      }
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
