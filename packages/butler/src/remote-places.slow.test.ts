import assert from "node:assert/strict";
import { test } from "node:test";
import { storeFor } from "@almagest/resources";
import { missingForFakeGcs, missingForNginxDav, startFakeGcs, startNginxDav } from "@almagest/servers";
import { openButler } from "./open-butler.ts";
import { at, newRemoteRepository, useRemoteRepository } from "./testing/remote-repository.ts";

test("a repository keeps its files on Google Cloud Storage (an emulator)", async (t) => {
  const missing = missingForFakeGcs();
  if (missing !== "") return t.skip(missing);
  const emulator = await startFakeGcs();
  t.after(() => emulator.stop());
  process.env.STORAGE_EMULATOR_HOST = emulator.endpoint;
  await emulator.createBucket("repo");
  await useRemoteRepository(t, "gs://repo/a repo");
  (await storeFor("gs://x")).close?.();
});

test("a repository keeps its files on an HTTPS server with WebDAV (nginx), and is one where it is served", async (t) => {
  const missing = missingForNginxDav();
  if (missing !== "") return t.skip(missing);
  const nginx = await startNginxDav();
  t.after(() => nginx.stop());
  const user = nginx.authority.issueUser("Alice");
  Object.assign(process.env, {
    X509_USER_CERT: user.certificate,
    X509_USER_KEY: user.key,
    X509_CERT_DIR: nginx.authority.folder,
  });
  await useRemoteRepository(t, `${nginx.certificateUrl}/a repo`);
  // The folder that nginx serves is a repository like any other, for who can reach it.
  const { butler } = await newRemoteRepository(t, `${nginx.certificateUrl}/other`);
  const ref = await butler.put({ gain: 2 }, "notes", at(1));
  await using local = await openButler(`${nginx.data}/other`);
  assert.deepEqual(await local.get(ref), { gain: 2 });
  (await storeFor("https://x")).close?.();
});
