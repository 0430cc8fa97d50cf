import { AlmagestError } from "@almagest/base";
import type { FinalReply, HttpClient } from "../http/http-client.ts";
import type { HttpBody, HttpReply } from "../http/send-once.ts";
import type { WebIdentity } from "./web-identity.ts";

const MOST_REDIRECTS = 5;

/** One request to a web server. */
export interface WebRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  readonly verify?: (reply: HttpReply) => string | undefined;
}

/** Sends requests with this user's identity. */
export type SendWeb = (request: WebRequest) => Promise<FinalReply>;

/** `dav:` and `davs:` are `http:` and `https:`; the rest of a URI stays, without user and fragment. Throws `RESOURCES.URI_INVALID`. */
export function toHttpUrl(uri: string): string {
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    if (/[\u0000-\u001f]|%00/.test(uri)) throw new Error("it holds a control character");
    const url = new URL(uri.replace(/^davs:/i, "https:").replace(/^dav:/i, "http:"));
    url.hash = "";
    return url.href;
  } catch (cause) {
    throw new AlmagestError("RESOURCES.URI_INVALID", `Not a URL that can be used: '${uri}'.`, {
      cause,
      fields: { uri },
    });
  }
}

/** A reply that is no success, as an error of ours. */
export function webRefusal(
  { method, url }: Pick<WebRequest, "method" | "url">,
  reply: HttpReply,
): AlmagestError {
  const code =
    reply.status === 404 || reply.status === 410
      ? "RESOURCES.MISSING"
      : reply.status === 401 || reply.status === 403 || reply.status === 400
        ? "RESOURCES.FORBIDDEN"
        : "RESOURCES.REPLY_INVALID";
  const { origin, pathname } = new URL(url);
  const hint =
    code === "RESOURCES.FORBIDDEN" ? "; check the certificate (X509_USER_CERT) or token (BEARER_TOKEN)" : "";
  return new AlmagestError(code, `${method} ${origin}${pathname} answered ${reply.status}${hint}.`, {
    fields: { url: `${origin}${pathname}`, status: reply.status },
  });
}

/** Sends with certificates and tokens, and follows redirections (a token stays with its own server). */
export function createWebSender(http: HttpClient, identity: WebIdentity): SendWeb {
  return async ({ method, url: first, headers = {}, body, verify }) => {
    let target = new URL(first);
    const { origin } = target;
    for (let hop = 0; ; hop++) {
      const url = target;
      const reply = await http.send(() => {
        const authorization = url.origin === origin ? identity.authorization(url) : undefined;
        const bare = new URL(url);
        bare.username = "";
        bare.password = "";
        return {
          method,
          url: bare.href,
          headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
          ...(body === undefined ? {} : { body }),
        };
      }, verify);
      const { location } = reply.headers;
      if (![301, 302, 307, 308].includes(reply.status) || location === undefined || hop >= MOST_REDIRECTS)
        return reply;
      target = new URL(location, url);
    }
  };
}
