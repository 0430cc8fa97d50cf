import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createKubernetesClient } from "./kubernetes-client.ts";
import type { KubernetesCredentials } from "./kubernetes-credentials.ts";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string | undefined;
  readonly body: unknown;
}

/** A client of a server on loopback that answers as `answer` says. No package of the registries brings a Kubernetes API
 * server; what a real one is sent is checked against its published schemas in `kubernetes.test.ts`. */
async function open(t: TestContext, answer: (asked: Asked) => readonly [number, unknown]) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url!, "http://x");
      const one: Asked = {
        ...{ method: request.method!, path: pathname, query: searchParams },
        token: request.headers.authorization,
        body: text === "" ? undefined : JSON.parse(text),
      };
      asked.push(one);
      const [status, reply] = answer(one);
      response.writeHead(status).end(typeof reply === "string" ? reply : JSON.stringify(reply));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const credentials: KubernetesCredentials = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ ca: undefined, serverName: undefined, checked: true, cert: undefined, key: undefined },
    namespace: "pilots",
    token: async (again) => (again ? "new" : "old"),
  };
  const client = createKubernetesClient(credentials);
  t.after(() => {
    client.close();
    server.close().closeAllConnections();
  });
  return { client, asked };
}

const object = (name: string) => ({ metadata: { name } });

test("lists come in pages, and from the beginning where one went stale", async (t) => {
  let stale = 1;
  const { client, asked } = await open(t, ({ query }) => {
    const page = query.get("continue");
    if (page === "2" && stale-- > 0) return [410, { message: "too old" }];
    return page === "2"
      ? [200, { items: [object("b")], metadata: {} }]
      : [200, { items: [object("a")], metadata: { continue: "2" } }];
  });
  const found = await client.list("apis/batch/v1/jobs", "almagest.pilot/harvester=h");
  assert.deepEqual(found, [object("a"), object("b")]);
  assert.deepEqual(
    asked.map(({ query }) => query.get("continue")),
    [null, "2", null, "2"],
  );
  assert.equal(asked[0]!.path, "/apis/batch/v1/namespaces/pilots/jobs");
  assert.equal(asked[0]!.query.get("labelSelector"), "almagest.pilot/harvester=h");
});

test("a token that was refused is renewed once; what is there already is told, what is gone is fine", async (t) => {
  const { client, asked } = await open(t, ({ method, token, path }) => {
    if (token === "Bearer old") return [401, { message: "Unauthorized" }];
    if (method === "POST") return [path.endsWith("jobs") ? 409 : 201, {}];
    return [404, { message: "not found" }];
  });
  assert.equal(await client.create("apis/batch/v1/jobs", object("a")), false);
  await client.replace("api/v1/secrets", "s", object("s"));
  await client.remove("apis/batch/v1/jobs", "a");
  assert.equal(await client.log("p", "pilot", 10), undefined);
  assert.deepEqual(
    asked.filter(({ token }) => token === "Bearer new").map(({ method, path }) => `${method} ${path}`),
    [
      "POST /apis/batch/v1/namespaces/pilots/jobs",
      "PUT /api/v1/namespaces/pilots/secrets/s",
      "POST /api/v1/namespaces/pilots/secrets",
      "DELETE /apis/batch/v1/namespaces/pilots/jobs/a",
      "GET /api/v1/namespaces/pilots/pods/p/log",
    ],
  );
});

test("a refusal is told in the server's words, to be tried again", async (t) => {
  const { client } = await open(t, () => [403, { message: 'jobs is forbidden: User "x"' }]);
  await assert.rejects(client.create("apis/batch/v1/jobs", object("a")), {
    ...{ code: "WORKLOAD.BATCH_SYSTEM", retryable: true },
    message: /status 403: jobs is forbidden/,
  });
});
