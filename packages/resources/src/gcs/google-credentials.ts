import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";

/** Who asks Google for something, and how a token is had for it. */
export type GoogleCredentials =
  | {
      readonly kind: "service-account";
      readonly email: string;
      /** PEM. */
      readonly privateKey: string;
      readonly privateKeyId: string | undefined;
      readonly tokenUrl: string;
    }
  | {
      readonly kind: "user";
      readonly clientId: string;
      readonly clientSecret: string;
      readonly refreshToken: string;
      readonly tokenUrl: string;
      /** Project that is charged. */
      readonly quotaProject: string | undefined;
    }
  | {
      readonly kind: "metadata" /** `http://host`, of the machine's metadata server. */;
      readonly origin: string;
    };

type Environment = Readonly<Record<string, string | undefined>>;

/** Where credentials are looked for, as messages tell it. */
export const GOOGLE_CREDENTIALS_PLACES =
  "GOOGLE_APPLICATION_CREDENTIALS (a JSON file), `gcloud auth application-default login`, or the metadata server of a Google machine";

const TOKEN_URL = "https://oauth2.googleapis.com/token";

function textOf(document: Readonly<Record<string, unknown>>, name: string, path: string): string {
  const value = document[name];
  if (typeof value === "string" && value !== "") return value;
  throw new AlmagestError("RESOURCES.CREDENTIALS", `The credentials in ${path} have no '${name}'.`, {
    fields: { path, name },
  });
}

function optional(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Credentials of a file's text. Throws `RESOURCES.CREDENTIALS`. */
export function parseGoogleCredentials(text: string, path: string): GoogleCredentials {
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new AlmagestError("RESOURCES.CREDENTIALS", `The credentials in ${path} are not JSON.`, {
      cause,
      fields: { path },
    });
  }
  const tokenUrl = optional(document.token_uri) ?? TOKEN_URL;
  if (document.type === "service_account") {
    return {
      kind: "service-account",
      email: textOf(document, "client_email", path),
      privateKey: textOf(document, "private_key", path),
      privateKeyId: optional(document.private_key_id),
      tokenUrl,
    };
  }
  if (document.type === "authorized_user") {
    return {
      kind: "user",
      clientId: textOf(document, "client_id", path),
      clientSecret: textOf(document, "client_secret", path),
      refreshToken: textOf(document, "refresh_token", path),
      tokenUrl,
      quotaProject: optional(document.quota_project_id),
    };
  }
  throw new AlmagestError(
    "RESOURCES.CREDENTIALS",
    `Credentials of type '${document.type}' in ${path} are not supported; use those of a service account or of a user.`,
    { fields: { path } },
  );
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Google's application default credentials, from where its own clients look: the file that `GOOGLE_APPLICATION_CREDENTIALS`
 * names, that of `gcloud auth application-default login` (below `CLOUDSDK_CONFIG`), the metadata server of a machine of
 * Google's (`GCE_METADATA_HOST`). Undefined where there are none: requests are then anonymous. Throws `RESOURCES.CREDENTIALS`.
 */
export function findGoogleCredentials(env: Environment = process.env): GoogleCredentials | undefined {
  const named = env.GOOGLE_APPLICATION_CREDENTIALS;
  if (named) {
    const text = readIfThere(named);
    if (text === undefined) {
      throw new AlmagestError(
        "RESOURCES.CREDENTIALS",
        `GOOGLE_APPLICATION_CREDENTIALS names ${named}, which is not there.`,
        { fields: { path: named } },
      );
    }
    return parseGoogleCredentials(text, named);
  }
  const folder = env.CLOUDSDK_CONFIG || join(env.HOME ?? homedir(), ".config/gcloud");
  const path = join(folder, "application_default_credentials.json");
  const text = readIfThere(path);
  if (text !== undefined) return parseGoogleCredentials(text, path);
  if (env.GCE_METADATA_HOST) return { kind: "metadata", origin: `http://${env.GCE_METADATA_HOST}` };
  if (env.NO_GCE_CHECK === "true") return undefined;
  const product = readIfThere("/sys/class/dmi/id/product_name") ?? "";
  return product.startsWith("Google")
    ? { kind: "metadata", origin: "http://metadata.google.internal" }
    : undefined;
}
