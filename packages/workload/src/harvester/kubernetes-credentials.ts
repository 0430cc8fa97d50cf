import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { AlmagestError } from "@almagest/base";
import { parse } from "yaml";
import { z } from "zod";

/** How a Kubernetes API is reached, and by what this program proves who it is. */
export interface KubernetesCredentials {
  readonly server: string;
  readonly ca: string | undefined;
  /** Name that the server's certificate is checked against, where it is not that of the address. */
  readonly serverName: string | undefined;
  /** False where its certificate is not checked at all. */
  readonly checked: boolean;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly namespace: string;
  /** The bearer token of now; undefined where the certificate says all. `again`: the last one was refused. */
  token(again: boolean): Promise<string | undefined>;
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Credentials of the pod that this program runs in. The token is read anew each time: the kubelet renews it. */
export function inClusterCredentials(folder = SERVICE_ACCOUNT): KubernetesCredentials {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = process.env;
  if (host === undefined || !existsSync(join(folder, "token"))) {
    throw invalid("this program runs in no pod with a service account; name a kubeconfig");
  }
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    ca: readFileSync(join(folder, "ca.crt"), "utf8"),
    ...{ serverName: undefined, checked: true, cert: undefined, key: undefined },
    namespace: readFileSync(join(folder, "namespace"), "utf8").trim(),
    token: async () => (await readFile(join(folder, "token"), "utf8")).trim(),
  };
}

const execSchema = z.object({
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  apiVersion: z.string(),
});

const fileSchema = z.object({
  "current-context": z.string().nullish(),
  contexts: z.array(
    z.object({
      name: z.string(),
      context: z.object({ cluster: z.string(), user: z.string(), namespace: z.string().nullish() }),
    }),
  ),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.string(),
        "certificate-authority": z.string().nullish(),
        "certificate-authority-data": z.string().nullish(),
        "insecure-skip-tls-verify": z.boolean().nullish(),
        "tls-server-name": z.string().nullish(),
      }),
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.object({
        token: z.string().nullish(),
        tokenFile: z.string().nullish(),
        "client-certificate": z.string().nullish(),
        "client-certificate-data": z.string().nullish(),
        "client-key": z.string().nullish(),
        "client-key-data": z.string().nullish(),
        exec: execSchema.nullish(),
      }),
    }),
  ),
});

const invalid = (why: string): AlmagestError =>
  new AlmagestError("WORKLOAD.CONFIG_INVALID", `options of plugin kubernetes: ${why}`, {
    fields: { plugin: "kubernetes" },
  });

/** Where kubectl looks for its configuration. */
export function kubeconfigPath(): string {
  const { KUBECONFIG } = process.env;
  return KUBECONFIG ? KUBECONFIG.split(":")[0]! : join(homedir(), ".kube", "config");
}

/** Credentials of a kubeconfig file's current context, or of the one named. Throws `WORKLOAD.CONFIG_INVALID`, which never
 * quotes from the file. */
export function readKubeconfig(path: string, contextName: string | undefined): KubernetesCredentials {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw invalid(`kubeconfig ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const result = fileSchema.safeParse(readYaml(text, path));
  if (!result.success) throw invalid(`kubeconfig ${path}: ${result.error.issues[0]!.path.join(".")}`);
  const file = result.data;
  const named = <T extends { readonly name: string }>(list: readonly T[], kind: string, name: string): T => {
    const found = list.find((entry) => entry.name === name);
    if (found === undefined) throw invalid(`kubeconfig ${path} has no ${kind} ${name}`);
    return found;
  };
  const { context } = named(file.contexts, "context", contextName ?? file["current-context"] ?? "");
  const { cluster } = named(file.clusters, "cluster", context.cluster);
  const { user } = named(file.users, "user", context.user);
  // Paths are meant from the file's own folder, `…-data` is base64.
  const content = (file: string | null | undefined, data: string | null | undefined): string | undefined => {
    if (data) return Buffer.from(data, "base64").toString("utf8");
    return file ? readFileSync(resolve(dirname(path), file), "utf8") : undefined;
  };
  return {
    server: cluster.server.replace(/\/$/, ""),
    ca: content(cluster["certificate-authority"], cluster["certificate-authority-data"]),
    serverName: cluster["tls-server-name"] ?? undefined,
    checked: cluster["insecure-skip-tls-verify"] !== true,
    cert: content(user["client-certificate"], user["client-certificate-data"]),
    key: content(user["client-key"], user["client-key-data"]),
    namespace: context.namespace ?? "default",
    token: tokenOf(user, dirname(path)),
  };
}

function readYaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch {
    throw invalid(`kubeconfig ${path} is no YAML`);
  }
}

const grantSchema = z.object({
  status: z.object({ token: z.string(), expirationTimestamp: z.string().optional() }),
});

type User = z.infer<typeof fileSchema>["users"][number]["user"];

function tokenOf(user: User, folder: string): KubernetesCredentials["token"] {
  const { token, tokenFile, exec } = user;
  if (tokenFile) return async () => (await readFile(resolve(folder, tokenFile), "utf8")).trim();
  if (token) return async () => token;
  if (!exec) return async () => undefined;
  // A program that gives a token (client.authentication.k8s.io), as the clouds have them; kept until it ends.
  let known: { readonly token: string; readonly untilMs: number } | undefined;
  return async (again) => {
    if (!again && known !== undefined && Date.now() < known.untilMs) return known.token;
    const { command, args, env, apiVersion } = exec;
    const info = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
    const given = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
    const { stdout } = await promisify(execFile)(command, args ?? [], {
      env: { ...process.env, ...given, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      timeout: 60_000,
    }).catch((cause: Error & { readonly code?: unknown }) => {
      // What it printed may hold a token.
      throw new AlmagestError(
        "WORKLOAD.BATCH_SYSTEM",
        `${command} gave no token (${cause.code ?? "killed"}).`,
        {
          retryable: true,
        },
      );
    });
    const { status } = grantSchema.parse(JSON.parse(stdout));
    const untilMs =
      status.expirationTimestamp === undefined
        ? Number.POSITIVE_INFINITY
        : Date.parse(status.expirationTimestamp) - 60_000;
    known = { token: status.token, untilMs };
    return known.token;
  };
}
