import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import {
  type FaultProxy,
  missingForNginxDav,
  missingForXrootd,
  type NginxDav,
  startFaultProxy,
  startNginxDav,
  startXrootd,
  type XrootdServer,
} from "@almagest/servers";
import { encodePath } from "../remote-uri.ts";
import { testFaults } from "../testing/fault-suite.ts";
import { NAMES, refuses, testStore } from "../testing/store-suite.ts";
import { createWebdavStore } from "./webdav-store.ts";

let folders = 0;

function nginxTests(): void {
  let nginx: NginxDav;
  let proxy: FaultProxy;
  before(async () => {
    nginx = await startNginxDav();
    proxy = await startFaultProxy(nginx.tokenUrl, { authorization: `Bearer ${nginx.token}` });
  });
  after(async () => {
    await proxy?.close();
    await nginx?.stop();
  });
  const byCertificate = (): Record<string, string> => {
    const user = nginx.authority.issueUser(`Alice${folders++}`);
    return {
      X509_USER_CERT: user.certificate,
      X509_USER_KEY: user.key,
      X509_CERT_DIR: nginx.authority.folder,
      HOME: "/nonexistent",
    };
  };
  const open = async () => ({
    store: createWebdavStore({ env: byCertificate() }),
    root: `${nginx.certificateUrl}/f${folders++}/deep/`,
  });
  testStore("WebDAV (nginx)", open, encodePath);

  // The proxy speaks plain HTTP to us, over which no token goes: it is added on the way.
  testFaults("WebDAV (nginx)", async (backoff) => {
    const env = { HOME: "/nonexistent" };
    return {
      proxy,
      store: createWebdavStore({ env, backoff, idleMs: 300 }),
      root: `${proxy.url}/f${folders++}/`,
      checksReads: false,
      checksWrites: false,
    };
  });

  test("a token, a netrc file and a certificate open nginx; without, the refusal says what to set", async () => {
    const trust = { X509_CERT_DIR: nginx.authority.folder, HOME: "/nonexistent" };
    const uri = `${nginx.tokenUrl}/x${folders++}`;
    const withToken = createWebdavStore({ env: { ...trust, BEARER_TOKEN: nginx.token } });
    await withToken.write(uri, Buffer.from("x"));
    const withPassword = createWebdavStore({ env: trust });
    const own = uri.replace("https://", "davs://alice:secret@");
    assert.equal(Buffer.from(await withPassword.read(own)).toString(), "x");
    for (const [env, url] of [
      [trust, nginx.tokenUrl],
      [{ ...trust, BEARER_TOKEN: "wrong" }, nginx.tokenUrl],
      [trust, nginx.certificateUrl],
    ] as const) {
      await refuses(createWebdavStore({ env }).write(`${url}/y`, Buffer.from("y")), "RESOURCES.FORBIDDEN");
    }
    const trusting = createWebdavStore({ env: { HOME: "/nonexistent", BEARER_TOKEN: nginx.token } });
    await refuses(trusting.read(uri), "RESOURCES.UNAVAILABLE");
  });
}

function xrootdTests(): void {
  let xrootd: XrootdServer;
  let proxy: FaultProxy;
  before(async () => {
    xrootd = await startXrootd();
    proxy = await startFaultProxy(
      new URL(xrootd.url).origin,
      {},
      {
        cert: readFileSync(xrootd.user.certificate, "utf8"),
        key: readFileSync(xrootd.user.key, "utf8"),
      },
    );
  });
  after(async () => {
    await proxy?.close();
    await xrootd?.stop();
  });
  const environment = (): Record<string, string> => ({
    X509_USER_CERT: xrootd.user.certificate,
    X509_USER_KEY: xrootd.user.key,
    X509_CERT_DIR: xrootd.authority.folder,
    HOME: "/nonexistent",
  });
  testStore(
    "WebDAV (XRootD)",
    async () => ({
      store: createWebdavStore({ env: environment() }),
      root: `${xrootd.url}/f${folders++}/`,
    }),
    encodePath,
    NAMES.map((name) => name.replaceAll("?", "")),
  );
  test("a name that XRootD would cut is refused", async () => {
    const store = createWebdavStore({ env: environment() });
    await refuses(store.write(`${xrootd.url}/a%3Fb`, Buffer.from("x")), "RESOURCES.URI_INVALID");
  });
  testFaults("WebDAV (XRootD)", async (backoff) => ({
    proxy,
    store: createWebdavStore({ env: { HOME: "/nonexistent" }, backoff, idleMs: 300 }),
    root: `${proxy.url}/data/f${folders++}/`,
    checksReads: true,
    checksWrites: true,
    closesConnections: true,
  }));

  test("a stranger is refused by XRootD", async () => {
    const env = { X509_CERT_DIR: xrootd.authority.folder, HOME: "/nonexistent" };
    await refuses(
      createWebdavStore({ env }).write(`${xrootd.url}/y`, Buffer.from("y")),
      "RESOURCES.FORBIDDEN",
    );
  });
}

for (const [name, missing, tests] of [
  ["WebDAV on a real nginx", missingForNginxDav(), nginxTests],
  ["WebDAV on a real XRootD", missingForXrootd(), xrootdTests],
] as const) {
  if (missing === "") tests();
  else test(name, (t) => t.skip(missing));
}
