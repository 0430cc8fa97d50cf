import { randomUUID } from "node:crypto";
import { toGoogleEntries } from "./google-entries.ts";
import { createGoogleToken } from "./google-token.ts";
import type { SendBatch } from "./line-forwarder.ts";
import type { LogLine } from "./log-store.ts";
import { pushJson } from "./push-json.ts";

/** A project of Google's Cloud Logging that is sent a copy of all logs. */
export interface GoogleTarget {
  readonly project: string;
  /** Name of the log in the project. */
  readonly log: string;
  /** A service account's key file (JSON); the machine's own account unless told. */
  readonly keyFile?: string | undefined;
  readonly url: string;
}

/** A sender to Cloud Logging. A line that is sent again has the same id, and is kept once. */
export function sendToGoogle({ project, log, keyFile, url }: GoogleTarget): SendBatch {
  const token = createGoogleToken(keyFile);
  const origin = randomUUID();
  const ids = new WeakMap<LogLine, string>();
  let next = 0;
  const insertId = (line: LogLine): string => {
    const id = ids.get(line) ?? `${origin}-${next++}`;
    ids.set(line, id);
    return id;
  };
  return async (lines) => {
    const headers = { authorization: `Bearer ${await token()}` };
    await pushJson(`${url}/v2/entries:write`, toGoogleEntries(project, log, lines, insertId), headers);
  };
}
