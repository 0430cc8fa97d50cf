import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { AlmagestError } from "@almagest/base";
import { identifyCertificate } from "./certificate.ts";
import { type Identity, LOCAL_IDENTITY } from "./identity.ts";
import { requireOrigin } from "./origin.ts";
import type { RoleGrant } from "./roles.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** Who is let in. Without either member everybody is, as `LOCAL_IDENTITY`. */
export interface AccessSettings {
  readonly verify?: TokenVerifier;
  /** Names of certificates that TLS has verified. */
  readonly certificates?: readonly RoleGrant[];
}

/**
 * Says who sent a request: by its bearer token (and that it is of the group that its Origin names), else by its client
 * certificate. Throws an error of `IDENTITY`; `statusOf` gives the HTTP status for it.
 */
export async function authenticate(request: IncomingMessage, access: AccessSettings): Promise<Identity> {
  const { verify, certificates } = access;
  if (verify === undefined && certificates === undefined) return LOCAL_IDENTITY;
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token !== undefined && verify !== undefined) {
    const identity = await verify(token);
    requireOrigin(identity, request.headers.origin);
    return identity;
  }
  const socket = request.socket as TLSSocket;
  if (certificates !== undefined && socket.authorized === true) {
    return identifyCertificate(socket.getPeerCertificate(), certificates);
  }
  throw new AlmagestError(
    "IDENTITY.NO_CREDENTIALS",
    "This server needs a bearer token or a client certificate.",
  );
}

/** HTTP status of an error of this room: 401 for who is not known, 403 for who may not, 503 where it cannot be told now;
 * undefined for any other error. */
export function statusOf(error: unknown): 401 | 403 | 503 | undefined {
  if (!(error instanceof AlmagestError) || !error.code.startsWith("IDENTITY.")) return undefined;
  if (error.code === "IDENTITY.ISSUER_UNREACHABLE") return 503;
  return error.code === "IDENTITY.ROLE_MISSING" || error.code === "IDENTITY.GROUP_MISSING" ? 403 : 401;
}
