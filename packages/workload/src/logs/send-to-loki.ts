import { readFile } from "node:fs/promises";
import type { SendBatch } from "./line-forwarder.ts";
import { toLokiPush } from "./loki-push.ts";
import { pushJson } from "./push-json.ts";

/** A Loki that is sent a copy of all logs. */
export interface LokiTarget {
  /** Its address for pushes, such as `https://loki.example/loki/api/v1/push`. */
  readonly url: string;
  /** A file with its bearer token, read anew for each push. */
  readonly tokenFile?: string | undefined;
}

/** A sender to a Loki. */
export function sendToLoki({ url, tokenFile }: LokiTarget): SendBatch {
  return async (lines) => {
    const headers: Record<string, string> = {};
    if (tokenFile !== undefined) {
      headers.authorization = `Bearer ${(await readFile(tokenFile, "utf8")).trim()}`;
    }
    await pushJson(url, toLokiPush(lines), headers);
  };
}
