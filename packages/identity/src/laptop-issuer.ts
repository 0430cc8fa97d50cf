import { randomUUID } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock, uuid7 } from "@almagest/base";
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  SignJWT,
} from "jose";
import type { TrustedIssuer } from "./token-verifier.ts";

/** Signs tokens for a server that has no identity provider beside it: a laptop, a test. */
export interface LaptopIssuer {
  readonly issuer: string;
  readonly keys: JSONWebKeySet;
  /** How a server trusts it: each role as the group of its name. */
  readonly trust: TrustedIssuer;
  /** A token for a subject in groups (`operator`, `pilot`, `user` …), good for so long. */
  issue(subject: string, groups: readonly string[], lifetimeSec: number): Promise<string>;
}

const ALGORITHM = "ES256";

async function makeKey(path: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: ALGORITHM, use: "sig" };
  const named = { ...key, kid: await calculateJwkThumbprint(key) };
  // Never readable by others, never written over, and never seen half written: two servers that start at once agree on one key.
  const whole = `${path}.${randomUUID()}`;
  await writeFile(whole, `${JSON.stringify(named)}\n`, { mode: 0o600, flag: "wx" });
  try {
    await link(whole, path);
    return named;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return readKey(path);
  } finally {
    await rm(whole);
  }
}

async function readKey(path: string): Promise<JWK> {
  return JSON.parse(await readFile(path, "utf8")) as JWK;
}

/** Opens the issuer whose key is in `folder` (`issuer-key.json`, mode 0600), made at first use. */
export async function openLaptopIssuer(
  folder: string,
  clock: Clock = systemClock,
  issuer = "almagest:laptop",
): Promise<LaptopIssuer> {
  const path = join(folder, "issuer-key.json");
  const key = await readKey(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return makeKey(path);
  });
  const signer = await importJWK(key, ALGORITHM);
  const { d: _secret, ...open } = key;
  const keys = { keys: [open] };
  const grants = (["reader", "user", "production", "operator", "pilot"] as const).map((role) => ({
    group: role,
    roles: [role],
  }));
  return {
    issuer,
    keys,
    trust: { issuer, keys, audience: issuer, grants },
    async issue(subject, groups, lifetimeSec) {
      const nowSec = Math.floor(clock.nowMs() / 1000);
      return new SignJWT({ name: subject, preferred_username: subject, groups: [...groups] })
        .setProtectedHeader({ alg: ALGORITHM, kid: key.kid! })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(subject)
        .setJti(uuid7(clock))
        .setIssuedAt(nowSec)
        .setExpirationTime(nowSec + lifetimeSec)
        .sign(signer);
    },
  };
}
