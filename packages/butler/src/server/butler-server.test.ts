import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createTokenVerifier, openLaptopIssuer } from "@almagest/identity";
import { startOidc } from "@almagest/servers";
import type { Butler } from "../butler.ts";
import { openRemoteButler } from "../remote/remote-butler.ts";
import { openSmallSurvey } from "../testing/small-survey.ts";
import { type ButlerServer, startButlerServer } from "./butler-server.ts";
import { CALL_SCHEMAS } from "./call-schemas.ts";
import { parsePermissions } from "./permissions.ts";
import { readRange } from "./send-file.ts";
import { V1_BODIES } from "./v1-routes.ts";
import { fromWireJson, toWireJson } from "./wire-json.ts";

const cam = { instrument: "Cam" };
const PERMISSIONS = parsePermissions(`
define: [survey/admin]
rules:
  - collections: ["u/{subject}/*"]
    write: ["*"]
  - collections: ["u/*"]
  - collections: ["secret/*"]
    read: [survey/inner]
  - collections: ["*"]
    read: [survey]
    write: [survey/production, survey/admin]
`);

interface Place {
  readonly butler: Butler;
  readonly server: ButlerServer;
  token(client: string): Promise<string>;
}

/** A server with real tokens: of a provider that it trusts, and of one that it does not. */
async function startGuarded(
  t: TestContext,
): Promise<Place & { readonly strangers: string; readonly expired: string }> {
  const butler = await openSmallSurvey(t);
  const provider = await startOidc({
    reader: { groups: ["survey"] },
    inner: { groups: ["survey/inner"] },
    producer: { groups: ["survey/production"] },
    admin: { groups: ["survey/admin"] },
    outsider: { groups: ["elsewhere"] },
  });
  t.after(() => provider.stop());
  const stranger = await startOidc({ reader: { groups: ["survey"] } });
  t.after(() => stranger.stop());
  const laptop = await openLaptopIssuer(butler.root);
  const verify = createTokenVerifier([{ issuer: provider.issuer, grants: [] }, laptop.trust]);
  const server = await startButlerServer(butler, {
    verify,
    permissions: PERMISSIONS,
    uploadFolder: join(butler.root, ".uploads"),
  });
  t.after(() => server.stop(0));
  return {
    butler,
    server,
    token: (client) => provider.token(client),
    strangers: await stranger.token("reader"),
    expired: await laptop.issue("late", ["survey"], -120),
  };
}

const fails = (work: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(work, (error) => isAlmagestError(error, code));

test("every endpoint refuses no, wrong, foreign and expired credentials", async (t) => {
  const { server, token, strangers, expired } = await startGuarded(t);
  const good = await token("reader");
  const paths = [
    ...[
      "/v1/universe",
      "/v1/dataset_type/image",
      "/v1/collection_info?name=run/a",
      "/v1/collection_summary?name=run/a",
    ],
    ...["dataset", "get_file"].map((path) => `/v1/${path}/00000000-0000-4000-8000-000000000000`),
    "/v1/dataset/00000000-0000-4000-8000-000000000000/download",
  ].map((path) => ["GET", path] as const);
  const posts = [
    ...Object.keys(V1_BODIES).map((path) => `/v1/${path}`),
    ...["execute", "all_datasets", "count", "any", "explain"].map((path) => `/v1/query/${path}`),
    ...Object.keys(CALL_SCHEMAS).map((method) => `/almagest/v1/call/${method}`),
    "/almagest/v1/stream",
  ].map((path) => ["POST", path] as const);
  const puts = [["PUT", "/almagest/v1/upload/00000000-0000-4000-8000-000000000000"] as const];
  const wrong = [
    undefined,
    "Basic abc",
    "Bearer nonsense",
    `Bearer ${strangers}`,
    `Bearer ${good.slice(0, -6)}AAAAAA`,
  ];
  wrong.push(`Bearer ${expired}`);
  let asked = 0;
  for (const [method, path] of [...paths, ...posts, ...puts]) {
    for (const authorization of wrong) {
      const response = await fetch(`${server.url}${path}`, {
        method,
        headers: authorization === undefined ? {} : { authorization },
        ...(method === "GET" ? {} : { body: "[]" }),
      });
      assert.equal(response.status, 401, `${method} ${path} with ${authorization?.slice(0, 20)}`);
      await response.body?.cancel();
      asked++;
    }
  }
  assert.ok(asked > 200);
  for (const path of ["/health", "/butler.yaml", "/openapi.json"]) {
    assert.equal((await fetch(`${server.url}${path}`)).status, 200, path);
  }
});

test("each caller sees and changes what the rules allow, and nothing else", async (t) => {
  const { butler, server, token } = await startGuarded(t);
  const open = (client: string): Promise<Butler> =>
    openRemoteButler({ url: server.url, token: () => token(client), collections: "run/a" });
  await butler.registerRun("secret/run");
  const dataId = { ...cam, visit: 1, detector: 0 };
  const hidden = await butler.put({ secret: 1 }, "image", dataId, { run: "secret/run" });
  await butler.registerCollection("tag", "TAGGED");
  await butler.associate("tag", [hidden]);
  const [reader, inner, producer, admin, outsider] = await Promise.all(
    ["reader", "inner", "producer", "admin", "outsider"].map(open),
  );

  // Hidden by name, by id, through a tag and through a forged reference.
  assert.ok(!(await reader!.queryCollections()).some((info) => info.name.startsWith("secret")));
  await fails(reader!.queryDatasets("image", { collections: "secret/run" }), "BUTLER.FORBIDDEN");
  assert.deepEqual(await reader!.getDatasets([hidden.id]), []);
  assert.deepEqual(await reader!.queryDatasets("image", { collections: "tag" }), []);
  const idsIn = async (who: Butler, collections: string): Promise<unknown[]> => {
    const found = [];
    const search = { datasetType: "image", collections };
    const rows = who.streamRows({ dimensions: ["visit"], fields: ["image.dataset_id"], search });
    for await (const row of rows) found.push(row.at(-1));
    return found;
  };
  assert.deepEqual(await idsIn(reader!, "tag"), []);
  assert.deepEqual(await idsIn(inner!, "tag"), [hidden.id]);
  await fails(idsIn(reader!, "secret/run"), "BUTLER.FORBIDDEN");
  const joined = { datasets: [{ datasetType: "image", collections: "secret/run" }] };
  await fails(reader!.queryDatasets("settings", { collections: "run/a", ...joined }), "BUTLER.FORBIDDEN");
  await fails(reader!.get({ ...hidden, run: "run/a" }), "BUTLER.DATASET_MISSING");
  assert.equal(await reader!.exists({ ...hidden, run: "run/a" }), false);
  assert.deepEqual(await inner!.get(hidden), { secret: 1 });

  await fails(reader!.put({}, "image", dataId, { run: "run/a" }), "BUTLER.FORBIDDEN");
  await fails(reader!.registerRun("run/b"), "BUTLER.FORBIDDEN");
  await reader!.prune([hidden], { purge: true });
  assert.deepEqual(await inner!.get(hidden), { secret: 1 }, "a dataset that cannot be seen cannot be pruned");
  await fails(inner!.prune([hidden]), "BUTLER.FORBIDDEN");
  const ref = await producer!.put({ made: 1 }, "image", dataId, { run: "run/a" });
  assert.deepEqual(await reader!.get(ref), { made: 1 });
  await fails(producer!.insertRecords("instrument", [{ name: "X" }]), "BUTLER.FORBIDDEN");
  await admin!.insertRecords("instrument", [{ name: "X" }]);
  await fails(admin!.put({}, "image", dataId, { run: "secret/run" }), "BUTLER.FORBIDDEN");
  assert.deepEqual(await outsider!.queryCollections(), []);
  await fails(outsider!.getCollection("run/a"), "BUTLER.FORBIDDEN");

  // A run of one's own: others may not even see it.
  await outsider!.registerRun("u/outsider/mine");
  const own = await outsider!.put({}, "image", dataId, { run: "u/outsider/mine" });
  assert.deepEqual(await reader!.getDatasets([own.id]), []);
  await fails(producer!.registerRun("u/outsider/theirs"), "BUTLER.FORBIDDEN");

  // A file is registered only where the repository itself puts it.
  const [planned] = await producer!.planOutputs([
    { ...ref, id: "00000000-0000-4000-8000-000000000001", dataId: { ...dataId, detector: 1 } },
  ]);
  const path = (await butler.storedFiles([hidden]))[0]![0]!.path;
  await fails(producer!.ingestOutputs([{ ...planned!, path, sizeBytes: 1 }]), "BUTLER.FORBIDDEN");
  await fails(
    producer!.ingestOutputs([{ ...planned!, path: "/etc/passwd", sizeBytes: 1 }]),
    "BUTLER.FORBIDDEN",
  );
});

test("files are served by signed address only, whole or in ranges, until it expires", async (t) => {
  const butler = await openSmallSurvey(t);
  let nowMs = 1_800_000_000_000;
  const server = await startButlerServer(butler, {
    clock: { nowMs: () => nowMs } as never,
    urlLifetimeSec: 60,
  });
  t.after(() => server.stop(0));
  const ref = await butler.put({ text: "0123456789" }, "settings", {});
  const remote = await openRemoteButler({ url: server.url });
  const url = await remote.getUri(ref);
  const whole = await (await fetch(url)).text();
  assert.match(whole, /0123456789/);
  const part = await fetch(url, { headers: { range: "bytes=2-4" } });
  assert.equal(part.status, 206);
  assert.equal(await part.text(), whole.slice(2, 5));
  assert.equal((await fetch(url, { headers: { range: "bytes=-3" } })).headers.get("content-length"), "3");
  assert.equal((await fetch(url, { headers: { range: "bytes=9999-" } })).status, 416);
  const head = await fetch(url, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(whole.length));
  assert.equal((await fetch(url.replace(/signature=.{4}/, "signature=AAAA"))).status, 403);
  assert.equal((await fetch(url.replace(/expires=\d+/, "expires=9999999999"))).status, 403);
  nowMs += 61_000;
  assert.equal((await fetch(url)).status, 403);
  assert.deepEqual(readRange("bytes=0-0,2-3", 10), undefined);
  assert.deepEqual(readRange("bytes=5-", 10), { start: 5, end: 9 });
  assert.deepEqual(readRange("lines=1-2", 10), undefined);
});

test("a client that goes away ends its query; more queries than allowed wait", async (t) => {
  const butler = await openSmallSurvey(t);
  for (const visit of [1, 2, 3]) await butler.put({}, "image", { ...cam, visit, detector: 0 });
  let ended = 0;
  let open = 0;
  let step = (): void => {};
  const slow: Butler = {
    ...butler,
    async *streamDatasets(type, options) {
      open++;
      try {
        for await (const ref of butler.streamDatasets(type, options)) {
          for (let copy = 0; copy < 1000; copy++) yield ref;
          await new Promise<void>((resolve, reject) => {
            step = resolve;
            options?.signal?.addEventListener("abort", () => reject(new Error("gone")));
          });
        }
      } finally {
        ended++;
      }
    },
  };
  const server = await startButlerServer(slow, { limits: { total: 1, perCaller: 1 } });
  t.after(() => server.stop(0));
  const remote = await openRemoteButler({ url: server.url, collections: "run/a" });
  const stream = remote.streamDatasets("image", { findFirst: false })[Symbol.asyncIterator]();
  assert.equal((await stream.next()).done, false);
  const busy = await fetch(`${server.url}/almagest/v1/stream`, {
    method: "POST",
    body: toWireJson(["image", { collections: "run/a" }]),
  });
  assert.equal(busy.status, 503);
  assert.ok(Number(busy.headers.get("retry-after")) > 0);
  const tree = '{"query":{"tree":{"dimensions":["visit"],"predicate":{"operands":[]}}}';
  const spec = ',"result_spec":{"result_type":"data_coordinate","dimensions":["visit"]}}';
  const ask = (path: string, body: string): Promise<Response> =>
    fetch(`${server.url}/v1/query/${path}`, { method: "POST", body });
  assert.equal((await ask("count", tree + spec)).status, 503, "a count is a query as well");
  assert.equal((await ask("any", `${tree}}`)).status, 503);
  await stream.return!();
  // The slot is free again once the server has seen the end: the next query is let in by retrying.
  const again = remote.streamDatasets("image", { findFirst: false })[Symbol.asyncIterator]();
  assert.equal((await again.next()).done, false);
  assert.equal(ended, 1);
  assert.equal(open, 2);
  step();
  await again.return!();
});

test("a stopping server ends what is under way, takes nothing new, and waits only so long", async (t) => {
  const butler = await openSmallSurvey(t);
  await butler.put({}, "image", { ...cam, visit: 1, detector: 0 });
  let release = (): void => {};
  let entered = (): void => {};
  const slow: Butler = {
    ...butler,
    queryDatasets: async (type, options) => {
      await new Promise<void>((resolve) => {
        release = resolve;
        entered();
      });
      return butler.queryDatasets(type, options);
    },
  };
  const start = async (): Promise<{ server: ButlerServer; answer: Promise<unknown> }> => {
    const server = await startButlerServer(slow);
    const remote = await openRemoteButler({ url: server.url, collections: "run/a" });
    const reached = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const answer = remote.queryDatasets("image");
    await reached;
    return { server, answer };
  };
  const graceful = await start();
  let gone = false;
  const stopped = graceful.server.stop(60_000).then(() => {
    gone = true;
  });
  await assert.rejects(fetch(`${graceful.server.url}/health`, { headers: { connection: "close" } }));
  assert.equal(gone, false);
  release();
  assert.equal(((await graceful.answer) as unknown[]).length, 1);
  await stopped;

  const impatient = await start();
  const failed = assert.rejects(impatient.answer);
  await impatient.server.stop(1);
  await failed;
  release();
});

test("a large answer takes the memory of a few pages, however slow the client", async (t) => {
  const butler = await openSmallSurvey(t);
  const total = 30_000;
  const text = "x".repeat(2000);
  let made = 0;
  const large: Butler = {
    ...butler,
    async *streamRows() {
      for (; made < total; made++) yield [text, made];
    },
  };
  const server = await startButlerServer(large);
  t.after(() => server.stop(0));
  const remote = await openRemoteButler({ url: server.url });
  const rows = remote.streamRows({ dimensions: ["instrument", "visit"] })[Symbol.asyncIterator]();
  assert.deepEqual((await rows.next()).value, [text, 0]);
  const ahead = made;
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  // What the sockets hold is full by now; a client that takes nothing more holds the query where it is.
  assert.ok(made < total / 2, `${made} rows were made for a client that took one (${ahead} at once)`);
  let count = 1;
  for (let next = await rows.next(); !next.done; next = await rows.next()) count++;
  assert.equal(count, total);
});

test("hostile requests are refused without a trace of the inside", async (t) => {
  const butler = await openSmallSurvey(t);
  const failures: unknown[] = [];
  const server = await startButlerServer(butler, {
    maxBodyBytes: 10_000,
    maxUploadBytes: 1000,
    uploadFolder: join(butler.root, ".uploads"),
    onFailure: (error) => failures.push(error),
  });
  t.after(() => server.stop(0));
  const post = (path: string, body: string): Promise<Response> =>
    fetch(`${server.url}${path}`, { method: "POST", body });
  const id = "00000000-0000-4000-8000-000000000000";
  const bad: [Promise<Response>, number][] = [
    [post("/almagest/v1/call/constructor", "[]"), 400],
    [post("/almagest/v1/call/importFrom", '["/etc/passwd"]'), 400],
    [post("/almagest/v1/call/queryDatasets", "{"), 400],
    [post("/almagest/v1/call/queryDatasets", '[{"$bytes":5}]'), 400],
    [post("/almagest/v1/call/getDatasets", `[["${id}' OR 1=1"]]`), 400],
    [post("/almagest/v1/call/getCollection", `["x' OR '1'='1"]`), 422],
    [post("/almagest/v1/call/queryDatasets", `["image",{"where":"${"(".repeat(4000)}"}]`), 422],
    [post("/almagest/v1/call/queryDatasets", `["${"x".repeat(20_000)}"]`), 413],
    [post("/v1/find_dataset", '{"dataset_type":"image"}'), 400],
    [
      post(
        "/v1/query/execute",
        '{"query":{"tree":{"dimensions":["visit"],"predicate":{"operands":[[{"predicate_type":"boolean_wrapper","operand":{"expression_type":"dimension_key","dimension":"visit; DROP TABLE visit"}}]]}}},"result_spec":{"result_type":"data_coordinate","dimensions":["visit"]}}',
      ),
      422,
    ],
    [fetch(`${server.url}/almagest/v1/upload/${id}?extension=../../x`, { method: "PUT", body: "x" }), 400],
    [fetch(`${server.url}/almagest/v1/upload/..%2F..%2Fx`, { method: "PUT", body: "x" }), 400],
    [fetch(`${server.url}/almagest/v1/upload/${id}`, { method: "PUT", body: "x".repeat(2000) }), 413],
    [fetch(`${server.url}/almagest/v1/file/${id}`), 403],
    [fetch(`${server.url}/nowhere`), 404],
  ];
  for (const [index, [answer, status]] of bad.entries()) {
    const response = await answer;
    const text = await response.text();
    assert.equal(response.status, status, `${index}: ${text}`);
    assert.doesNotMatch(text, /at .*\.ts:|sqlite|node_modules/i);
  }
  assert.deepEqual(failures, []);
  assert.throws(() => parsePermissions("rules: [{collection: x}]"), /'collections'/);
  assert.throws(() => parsePermissions("everything: true"), /'rules'/);
});

test("values that JSON lacks survive the wire", () => {
  const value = {
    big: 4_102_444_800_000_000_001n,
    bytes: Uint8Array.of(1, 255),
    map: new Map([["a", [1n]]]),
    text: "$bytes",
  };
  assert.deepEqual(fromWireJson(toWireJson(value)), value);
});

test("the OpenAPI document tells every call", async (t) => {
  const butler = await openSmallSurvey(t);
  const server = await startButlerServer(butler);
  t.after(() => server.stop(0));
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    openapi: string;
    paths: object;
  };
  assert.equal(document.openapi, "3.1.0");
  for (const method of Object.keys(CALL_SCHEMAS))
    assert.ok(`/almagest/v1/call/${method}` in document.paths, method);
  for (const path of Object.keys(V1_BODIES)) assert.ok(`/v1/${path}` in document.paths, path);
});
