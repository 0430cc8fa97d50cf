import type { IncomingMessage } from "node:http";
import type { LogStore } from "../logs/log-store.ts";
import { readLokiPush } from "../logs/read-loki-push.ts";
import { decodeParameters } from "./decode-body.ts";

/** Where pushes are sent on to. */
export interface LogForward {
  /** Loki's own address for pushes, such as `https://loki.example/loki/api/v1/push`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Takes a push in Loki's JSON into the store and, where one is set, sends it on to a Loki; what that says is only told to
 * `complain`. Throws `WORKLOAD.REQUEST_INVALID`. */
export async function takeLogs(
  request: IncomingMessage,
  logs: LogStore,
  forward: LogForward | undefined,
  complain: (error: unknown) => void,
): Promise<void> {
  const body = await decodeParameters(request, "");
  await logs.append(readLokiPush(body));
  if (forward === undefined) return;
  const headers = { "content-type": "application/json", ...forward.headers };
  const sent = { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) };
  fetch(forward.url, sent)
    .then(async (response) => {
      await response.body?.cancel();
      if (!response.ok) complain(new Error(`the log store answers with status ${response.status}`));
    })
    .catch(complain);
}
