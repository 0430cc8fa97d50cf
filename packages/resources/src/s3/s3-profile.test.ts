import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { findS3Profile } from "./s3-profile.ts";

test("service and credentials are found where the AWS tools and lsst.resources look", (t) => {
  const home = mkdtempSync(join(tmpdir(), "almagest-aws-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, ".aws"));
  writeFileSync(
    join(home, ".aws/credentials"),
    "# keys\n[default]\naws_access_key_id = D\naws_secret_access_key = DS\n\n[slac]\naws_access_key_id=S\naws_secret_access_key=SS\naws_session_token=T\n",
  );
  writeFileSync(
    join(home, ".aws/config"),
    `[default]\nregion = eu-west-1\ns3 =\n  addressing_style = path\n[profile slac]\nendpoint_url = https://s3.slac\n[profile made]\ncredential_process = echo '{"AccessKeyId": "M", "SecretAccessKey": "MS"}'\n`,
  );
  const env = { HOME: home };
  assert.deepEqual(findS3Profile(undefined, env), {
    endpoint: "https://s3.eu-west-1.amazonaws.com",
    region: "eu-west-1",
    credentials: { accessKeyId: "D", secretAccessKey: "DS" },
  });
  const slac = { accessKeyId: "S", secretAccessKey: "SS", sessionToken: "T" };
  for (const [name, more] of [
    ["slac", {}],
    [undefined, { AWS_PROFILE: "slac" }],
  ] as const) {
    const found = findS3Profile(name, { ...env, ...more });
    assert.deepEqual([found.endpoint, found.credentials], ["https://s3.slac", slac]);
  }
  assert.equal(findS3Profile("made", env).credentials?.accessKeyId, "M");
  const keys = {
    AWS_ACCESS_KEY_ID: "E",
    AWS_SECRET_ACCESS_KEY: "ES",
    S3_ENDPOINT_URL: "http://localhost:9000/",
  };
  const fromEnvironment = findS3Profile(undefined, { ...env, ...keys });
  assert.deepEqual(
    [fromEnvironment.endpoint, fromEnvironment.credentials?.accessKeyId],
    ["http://localhost:9000", "E"],
  );
  assert.equal(findS3Profile("slac", { ...env, ...keys }).credentials?.accessKeyId, "S");
  const given = findS3Profile("ngc", {
    ...env,
    LSST_RESOURCES_S3_PROFILE_ngc: "https://A%2B:B%2F@store.org:9000",
  });
  assert.deepEqual(given, {
    endpoint: "https://store.org:9000",
    region: "us-east-1",
    credentials: { accessKeyId: "A+", secretAccessKey: "B/" },
  });
  assert.equal(findS3Profile(undefined, { HOME: "/nonexistent" }).credentials, undefined);
  assert.throws(
    () => findS3Profile("x", { ...env, LSST_RESOURCES_S3_PROFILE_x: "store.org" }),
    (error) => isAlmagestError(error, "RESOURCES.URI_INVALID"),
  );
});
