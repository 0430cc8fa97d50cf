import type { IncomingMessage } from "node:http";
import { hideSecretsIn } from "../logs/hide-secrets.ts";
import type { LogLine, LogStore } from "../logs/log-store.ts";
import { readLokiPush } from "../logs/read-loki-push.ts";
import { decodeParameters } from "./decode-body.ts";

/** Takes a push in Loki's JSON into the store, without the secrets that payloads print, and hands the lines on. Throws
 * `WORKLOAD.REQUEST_INVALID`. */
export async function takeLogs(
  request: IncomingMessage,
  logs: LogStore,
  handOn: (lines: readonly LogLine[]) => void,
): Promise<void> {
  const lines = hideSecretsIn(readLokiPush(await decodeParameters(request, "")));
  await logs.append(lines);
  handOn(lines);
}
