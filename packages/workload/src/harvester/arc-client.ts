import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { AlmagestError } from "@almagest/base";

/** How an ARC computing element is reached: files hold PEM. */
export interface ArcClientOptions {
  /** Base of its REST interface, `https://HOST:PORT/arex/rest/1.0`. */
  readonly url: string;
  readonly certificate: string;
  readonly key: string;
  /** Authorities that are trusted; the system's unless told. */
  readonly ca?: string | undefined;
}

/** A job as ARC tells of it. */
export interface ArcJob {
  readonly id: string;
  /** Such as ACCEPTING, RUNNING, FINISHED; absent where the call was refused. */
  readonly state?: string;
  readonly "status-code"?: string;
  readonly reason?: string;
}

/** Speaks to ARC's REST interface 1.0. Every call throws `WORKLOAD.BATCH_SYSTEM` (retryable) when it is not answered. */
export interface ArcClient {
  /** Submits jobs described in xRSL; parallel to what was given. */
  submit(descriptions: readonly string[]): Promise<readonly ArcJob[]>;
  /** Puts an input file of a job in its place. */
  upload(id: string, name: string, content: string): Promise<void>;
  /** What became of jobs; unknown ones have the status code 404. */
  status(ids: readonly string[]): Promise<readonly ArcJob[]>;
  kill(ids: readonly string[]): Promise<void>;
  /** Ids of all jobs of this user. */
  list(): Promise<readonly string[]>;
  /** A file of ARC's own about a job, such as `local`, `failed`; empty where there is none. */
  diagnose(id: string, name: string): Promise<string>;
  /** A new delegation: its id, and the request (PEM) that is to be signed. */
  newDelegation(): Promise<{ readonly id: string; readonly request: string }>;
  /** The request for a delegation's next proxy. */
  renewDelegation(id: string): Promise<string>;
  /** Hands in the signed proxy with its chain (PEM). */
  putDelegation(id: string, chain: string): Promise<void>;
  /** The certificates of a delegation (PEM); empty where it is unknown. */
  readDelegation(id: string): Promise<string>;
  /** A file that a job has written in its session so far; undefined where there is none. */
  output(id: string, name: string): Promise<string | undefined>;
  close(): void;
}

/** In ARC's JSON one element is an object, several are an array. */
function readJobs(body: string): ArcJob[] {
  const { job } = JSON.parse(body) as { readonly job?: ArcJob | readonly ArcJob[] };
  if (job === undefined) return [];
  return Array.isArray(job) ? [...job] : [job as ArcJob];
}

const SLOW_MS = 60_000;

/** Opens a client; connections are kept alive. */
export function createArcClient({ url, certificate, key, ca }: ArcClientOptions): ArcClient {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 4,
    cert: readFileSync(certificate),
    key: readFileSync(key),
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
  });
  const call = (
    method: string,
    path: string,
    content?: { readonly type: string; readonly body: string },
  ): Promise<{ status: number; body: string; location: string }> =>
    new Promise((resolve, reject) => {
      const fail = (cause: Error): void => {
        const message = `ARC at ${url} does not answer: ${cause.message}.`;
        reject(new AlmagestError("WORKLOAD.BATCH_SYSTEM", message, { cause, retryable: true }));
      };
      const headers = {
        accept: "application/json",
        ...(content === undefined
          ? {}
          : { "content-type": content.type, "content-length": Buffer.byteLength(content.body) }),
      };
      request(`${url}${path}`, { agent, method, headers, timeout: SLOW_MS }, (reply) => {
        const { location = "" } = reply.headers;
        text(reply).then((body) => resolve({ status: reply.statusCode ?? 0, body, location }), fail);
      })
        .on("timeout", function (this: import("node:http").ClientRequest) {
          this.destroy(new Error(`no answer within ${SLOW_MS / 1000} s`));
        })
        .on("error", fail)
        .end(content?.body);
    });
  const answer = async (wanted: number, ...args: Parameters<typeof call>) => {
    const reply = await call(...args);
    const { status, body } = reply;
    if (status === wanted) return reply;
    const message = `ARC at ${url} answers ${args[0]} ${args[1]} with status ${status}: ${body.slice(0, 300)}`;
    throw new AlmagestError("WORKLOAD.BATCH_SYSTEM", message, { fields: { status }, retryable: true });
  };
  const expect = async (...args: Parameters<typeof answer>): Promise<string> => (await answer(...args)).body;
  const json = (ids: readonly string[]): { type: string; body: string } => ({
    type: "application/json",
    body: JSON.stringify({ job: ids.map((id) => ({ id })) }),
  });
  return {
    async submit(descriptions) {
      const body =
        descriptions.length === 1 ? descriptions[0]! : `+${descriptions.map((each) => `(${each})`).join("")}`;
      return readJobs(await expect(201, "POST", "/jobs?action=new", { type: "application/rsl", body }));
    },
    async upload(id, name, body) {
      await expect(200, "PUT", `/jobs/${id}/session/${name}`, { type: "application/octet-stream", body });
    },
    async status(ids) {
      return ids.length === 0 ? [] : readJobs(await expect(201, "POST", "/jobs?action=status", json(ids)));
    },
    async kill(ids) {
      if (ids.length > 0) await expect(201, "POST", "/jobs?action=kill", json(ids));
    },
    list: async () => readJobs(await expect(200, "GET", "/jobs")).map(({ id }) => id),
    async diagnose(id, name) {
      const { status, body } = await call("GET", `/jobs/${id}/diagnose/${name}`);
      return status === 200 ? body : "";
    },
    async newDelegation() {
      const { body: request, location } = await answer(201, "POST", "/delegations?action=new");
      // The address as a whole is malformed; the id is what stands behind its last slash.
      return { id: location.slice(location.lastIndexOf("/") + 1), request };
    },
    renewDelegation: (id) => expect(201, "POST", `/delegations/${id}?action=renew`),
    async putDelegation(id, body) {
      await expect(200, "PUT", `/delegations/${id}`, { type: "application/x-pem-file", body });
    },
    async readDelegation(id) {
      const { status, body } = await call("POST", `/delegations/${id}?action=get`);
      return status === 200 ? body : "";
    },
    async output(id, name) {
      const { status, body } = await call("GET", `/jobs/${id}/session/${name}`);
      return status === 200 ? body : undefined;
    },
    close: () => agent.destroy(),
  };
}
