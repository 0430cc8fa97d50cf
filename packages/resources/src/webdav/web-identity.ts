import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { AlmagestError } from "@almagest/base";
import type { TlsIdentity } from "../http/http-client.ts";

/** Who asks web servers, and whom is trusted. */
export interface WebIdentity {
  readonly tls: TlsIdentity;
  /** Value of the `Authorization` header for a URL; undefined for none. */
  authorization(url: URL): string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

function readNamed(variable: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new AlmagestError("RESOURCES.CREDENTIALS", `${variable} names ${path}, which cannot be read.`, {
      cause,
    });
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Certificates of a folder of authorities, as grids keep it (`hash.0` or `.pem` files). */
function authoritiesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.(pem|\d)$/.test(name))
    .flatMap((name) => readIfThere(join(folder, name)) ?? [])
    .filter((text) => text.includes("BEGIN CERTIFICATE"));
}

function findTls(env: Environment): TlsIdentity {
  const bundle = env.LSST_HTTP_CACERT_BUNDLE ?? env.SSL_CERT_FILE;
  const extra = [
    ...(bundle === undefined ? [] : [readNamed("LSST_HTTP_CACERT_BUNDLE", bundle)]),
    ...(env.X509_CERT_DIR === undefined ? [] : authoritiesOf(env.X509_CERT_DIR)),
  ];
  const trust = extra.length === 0 ? {} : { ca: [...rootCertificates, ...extra] };
  const proxy = env.X509_USER_PROXY;
  const certificate = env.LSST_HTTP_AUTH_CLIENT_CERT ?? env.X509_USER_CERT;
  const key = env.LSST_HTTP_AUTH_CLIENT_KEY ?? env.X509_USER_KEY;
  if (certificate !== undefined && key !== undefined) {
    return { ...trust, cert: readNamed("X509_USER_CERT", certificate), key: readNamed("X509_USER_KEY", key) };
  }
  if (proxy === undefined) return trust;
  // A proxy file holds its certificate, its key and the chain.
  const text = readNamed("X509_USER_PROXY", proxy);
  return { ...trust, cert: text, key: text };
}

/** The bearer token of this user: a variable, or a file (WLCG Bearer Token Discovery, 2020). Files are read each time, as others renew them. */
function findToken(env: Environment): string | undefined {
  const given = env.LSST_HTTP_AUTH_BEARER_TOKEN;
  const text =
    (given === undefined ? undefined : (readIfThere(given) ?? given)) ??
    env.BEARER_TOKEN ??
    (env.BEARER_TOKEN_FILE === undefined
      ? undefined
      : readNamed("BEARER_TOKEN_FILE", env.BEARER_TOKEN_FILE)) ??
    (env.XDG_RUNTIME_DIR === undefined
      ? undefined
      : readIfThere(join(env.XDG_RUNTIME_DIR, `bt_u${process.getuid?.()}`)));
  return text?.trim() || undefined;
}

/** User and password of a machine in a netrc file. */
export function findInNetrc(text: string, host: string): { user: string; password: string } | undefined {
  const words = text.replace(/^\s*#.*$/gm, "").split(/\s+/);
  for (let index = 0; index < words.length; index++) {
    const isHere = words[index] === "default" || (words[index] === "machine" && words[index + 1] === host);
    if (!isHere) continue;
    const entry = new Map<string, string>();
    for (let i = index + (words[index] === "default" ? 1 : 2); i + 1 < words.length; i += 2) {
      if (words[i] === "machine" || words[i] === "default") break;
      entry.set(words[i]!, words[i + 1]!);
    }
    const [user, password] = [entry.get("login"), entry.get("password")];
    if (user !== undefined && password !== undefined) return { user, password };
  }
  return undefined;
}

/**
 * The identity for web servers from where `lsst.resources` and grid tools look: `LSST_HTTP_AUTH_CLIENT_CERT` and `_KEY`,
 * `X509_USER_CERT` and `X509_USER_KEY`, `X509_USER_PROXY`; `LSST_HTTP_CACERT_BUNDLE`, `X509_CERT_DIR`;
 * `LSST_HTTP_AUTH_BEARER_TOKEN`, `BEARER_TOKEN`, `BEARER_TOKEN_FILE`, the user's token file; `~/.netrc` (`NETRC`). Tokens
 * and passwords go over TLS only. Throws `RESOURCES.CREDENTIALS`.
 */
export function findWebIdentity(env: Environment = process.env): WebIdentity {
  const netrc = readIfThere(env.NETRC ?? join(env.HOME ?? homedir(), ".netrc")) ?? "";
  return {
    tls: findTls(env),
    authorization: (url) => {
      if (url.protocol !== "https:") return undefined;
      if (url.username !== "")
        return basic(decodeURIComponent(url.username), decodeURIComponent(url.password));
      const token = findToken(env);
      if (token !== undefined) return `Bearer ${token}`;
      const entry = findInNetrc(netrc, url.hostname);
      return entry === undefined ? undefined : basic(entry.user, entry.password);
    },
  };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
