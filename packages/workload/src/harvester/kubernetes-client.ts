import { Agent as HttpAgent, request as plainRequest } from "node:http";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { AlmagestError, type Json } from "@almagest/base";
import type { KubernetesCredentials } from "./kubernetes-credentials.ts";

/** An object of Kubernetes' API, as far as this room looks at it. */
export type KubeObject = Readonly<Record<string, Json>> & {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly creationTimestamp?: string;
  };
};

/** Speaks to a Kubernetes API in one namespace. Every call throws `WORKLOAD.BATCH_SYSTEM` (retryable) when it is not answered
 * as it should be. */
export interface KubernetesClient {
  readonly namespace: string;
  /** Makes an object; gives false when one of its name is there already. */
  create(path: string, body: Json): Promise<boolean>;
  /** Makes an object or replaces the one of its name. */
  replace(path: string, name: string, body: Json): Promise<void>;
  /** All objects that have the labels. */
  list(path: string, labels: string): Promise<KubeObject[]>;
  /** Deletes one, with what it owns; one that is gone is fine. */
  remove(path: string, name: string): Promise<void>;
  /** The last lines that a pod's container printed; undefined where there are none (any more). */
  log(pod: string, container: string, lines: number): Promise<string | undefined>;
  close(): void;
}

const SLOW_MS = 60_000;
const PAGE = 500;

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Opens a client; `path` of its calls is such as `apis/batch/v1/jobs`, the namespace is put in. */
export function createKubernetesClient(
  credentials: KubernetesCredentials,
  namespace = credentials.namespace,
): KubernetesClient {
  const { server, ca, cert, key, checked, serverName } = credentials;
  const secure = server.startsWith("https:");
  const agent = secure
    ? new Agent({
        ...{ keepAlive: true, maxSockets: 8, rejectUnauthorized: checked },
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(serverName === undefined ? {} : { servername: serverName }),
      })
    : new HttpAgent({ keepAlive: true, maxSockets: 8 });

  const once = (method: string, path: string, token: string | undefined, content?: string): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const fail = (cause: Error): void => {
        const message = `Kubernetes at ${server} does not answer: ${cause.message}.`;
        reject(new AlmagestError("WORKLOAD.BATCH_SYSTEM", message, { cause, retryable: true }));
      };
      const headers = {
        accept: "application/json, text/plain",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(content === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(content) }),
      };
      (secure ? request : plainRequest)(
        `${server}/${path}`,
        { agent, method, headers, timeout: SLOW_MS },
        (reply) => {
          text(reply).then((body) => resolve({ status: reply.statusCode ?? 0, body }), fail);
        },
      )
        .on("timeout", function (this: import("node:http").ClientRequest) {
          this.destroy(new Error(`no answer within ${SLOW_MS / 1000} s`));
        })
        .on("error", fail)
        .end(content);
    });

  const call = async (method: string, path: string, body?: Json): Promise<Reply> => {
    const content = body === undefined ? undefined : JSON.stringify(body);
    const reply = await once(method, path, await credentials.token(false), content);
    // A token may end at any moment; a fresh one is tried once.
    return reply.status === 401 ? once(method, path, await credentials.token(true), content) : reply;
  };

  const refuse = (method: string, path: string, { status, body }: Reply): AlmagestError => {
    const why = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body.slice(0, 300);
    const message = `Kubernetes at ${server} answers ${method} ${path.split("?")[0]} with status ${status}: ${why}`;
    return new AlmagestError("WORKLOAD.BATCH_SYSTEM", message, { fields: { status }, retryable: true });
  };

  const expect = async (
    statuses: readonly number[],
    method: string,
    path: string,
    body?: Json,
  ): Promise<Reply> => {
    const reply = await call(method, path, body);
    if (statuses.includes(reply.status)) return reply;
    throw refuse(method, path, reply);
  };

  /** `apis/batch/v1/jobs` within the namespace. */
  const within = (path: string): string => {
    const cut = path.lastIndexOf("/");
    return `${path.slice(0, cut)}/namespaces/${encodeURIComponent(namespace)}${path.slice(cut)}`;
  };

  return {
    namespace,
    create: async (path, body) =>
      (await expect([200, 201, 202, 409], "POST", within(path), body)).status !== 409,
    async replace(path, name, body) {
      const { status } = await expect([200, 201, 404], "PUT", `${within(path)}/${name}`, body);
      if (status === 404) await expect([200, 201, 202, 409], "POST", within(path), body);
    },
    async list(path, labels) {
      const found: KubeObject[] = [];
      for (let next: string | undefined = ""; next !== undefined; ) {
        const query = new URLSearchParams({ labelSelector: labels, limit: String(PAGE) });
        if (next !== "") query.set("continue", next);
        const reply = await call("GET", `${within(path)}?${query}`);
        if (reply.status === 410) {
          // The list went stale between two pages: from the beginning.
          found.length = 0;
          next = "";
          continue;
        }
        if (reply.status !== 200) throw refuse("GET", path, reply);
        const page = JSON.parse(reply.body) as { items: KubeObject[]; metadata: { continue?: string } };
        found.push(...page.items);
        next = page.metadata.continue || undefined;
      }
      return found;
    },
    async remove(path, name) {
      // In the background: Kubernetes goes on with what it owns, and the name is free at once.
      const body = { propagationPolicy: "Background" };
      await expect([200, 202, 404], "DELETE", `${within(path)}/${name}`, body);
    },
    async log(pod, container, lines) {
      const query = new URLSearchParams({ container, tailLines: String(lines) });
      const { status, body } = await call("GET", `${within("api/v1/pods")}/${pod}/log?${query}`);
      return status === 200 ? body : undefined;
    },
    close: () => agent.destroy(),
  };
}
