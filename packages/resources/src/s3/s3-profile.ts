import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { type IniSections, parseIni } from "./ini-file.ts";

/** Where an S3 service is and who asks. */
export interface S3Profile {
  /** `https://host`, without a path. */
  readonly endpoint: string;
  readonly region: string;
  /** Without credentials requests are anonymous. */
  readonly credentials: S3Credentials | undefined;
}

/** Keys to sign with. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

function readIni(path: string): IniSections {
  try {
    return parseIni(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw error;
  }
}

function pick(settings: ReadonlyMap<string, string>): S3Credentials | undefined {
  const accessKeyId = settings.get("aws_access_key_id");
  const secretAccessKey = settings.get("aws_secret_access_key");
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = settings.get("aws_session_token");
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function runCredentialProcess(command: string): S3Credentials {
  try {
    const reply = JSON.parse(execFileSync("/bin/sh", ["-c", command], { encoding: "utf8" }));
    return {
      accessKeyId: reply.AccessKeyId,
      secretAccessKey: reply.SecretAccessKey,
      ...(reply.SessionToken ? { sessionToken: reply.SessionToken } : {}),
    };
  } catch (cause) {
    throw new AlmagestError("RESOURCES.CREDENTIALS", `credential_process '${command}' gave no credentials.`, {
      cause,
    });
  }
}

/** The endpoint of `LSST_RESOURCES_S3_PROFILE_<name>`: `https://<access key>:<secret key>@host`, keys optional. */
function parseEndpoint(
  variable: string,
  value: string,
): { endpoint: string; credentials: S3Credentials | undefined } {
  let url: URL;
  try {
    url = new URL(value);
  } catch (cause) {
    throw new AlmagestError("RESOURCES.URI_INVALID", `${variable} is not a URL such as https://host.`, {
      cause,
    });
  }
  const accessKeyId = decodeURIComponent(url.username);
  const secretAccessKey = decodeURIComponent(url.password);
  return {
    endpoint: url.origin,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
  };
}

/**
 * The service and the credentials of a profile (the part before `@` in `s3://profile@bucket/key`; none for the default), from
 * where `lsst.resources` and the AWS tools look: `LSST_RESOURCES_S3_PROFILE_<name>`, `S3_ENDPOINT_URL`,
 * `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`; `AWS_ACCESS_KEY_ID` and its like, `~/.aws/credentials`, `~/.aws/config`
 * (`AWS_PROFILE`, `credential_process`). Throws `RESOURCES.CREDENTIALS`, `RESOURCES.URI_INVALID`.
 */
export function findS3Profile(name: string | undefined, env: Environment = process.env): S3Profile {
  const home = env.HOME ?? homedir();
  const keys = readIni(env.AWS_SHARED_CREDENTIALS_FILE ?? join(home, ".aws/credentials"));
  const config = readIni(env.AWS_CONFIG_FILE ?? join(home, ".aws/config"));
  const section = name ?? env.AWS_PROFILE ?? "default";
  const empty: ReadonlyMap<string, string> = new Map();
  const settings = config.get(section) ?? empty;
  const variable = `LSST_RESOURCES_S3_PROFILE_${name}`;
  const own = name === undefined ? undefined : env[variable];
  const given = own === undefined ? undefined : parseEndpoint(variable, own);
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? settings.get("region") ?? "us-east-1";
  const general = env.S3_ENDPOINT_URL || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL;
  const endpoint =
    given?.endpoint ??
    (name === undefined ? general : undefined) ??
    settings.get("endpoint_url") ??
    general ??
    `https://s3.${region}.amazonaws.com`;
  const fromEnvironment = (): S3Credentials | undefined =>
    pick(
      new Map(
        ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"].flatMap((key) => {
          const value = env[key.toUpperCase()];
          return value ? [[key, value] as const] : [];
        }),
      ),
    );
  const command = settings.get("credential_process");
  const fromFiles = (): S3Credentials | undefined =>
    pick(keys.get(section) ?? empty) ??
    pick(settings) ??
    (command === undefined ? undefined : runCredentialProcess(command));
  // As with the AWS tools, a profile that was named comes before the variables.
  const named = name !== undefined && (keys.has(section) || config.has(section));
  const credentials =
    given?.credentials ?? (named ? (fromFiles() ?? fromEnvironment()) : (fromEnvironment() ?? fromFiles()));
  return { endpoint: new URL(endpoint).origin, region, credentials };
}
