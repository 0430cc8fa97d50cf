import type { PeerCertificate } from "node:tls";
import { AlmagestError } from "@almagest/base";
import type { Identity } from "./identity.ts";
import { type RoleGrant, rolesOf } from "./roles.ts";

/** The distinguished name as grid software writes it: `/DC=org/CN=Ada Lovelace`, in the certificate's own order. */
export function distinguishedName(subject: PeerCertificate["subject"]): string {
  const parts = Object.entries(subject).flatMap(([key, value]) =>
    [value].flat().map((each) => `/${key}=${each}`),
  );
  return parts.join("");
}

/**
 * Who a client certificate belongs to, once TLS has verified it. Grants name its distinguished name as `subject`. Throws
 * `IDENTITY.CERTIFICATE_UNKNOWN` when no grant does. Proxy certificates (RFC 3820) are refused by TLS itself in Node.
 */
export function identifyCertificate(certificate: PeerCertificate, grants: readonly RoleGrant[]): Identity {
  const subject = distinguishedName(certificate.subject);
  const roles = rolesOf(subject, [], grants);
  if (roles.size === 0) {
    throw new AlmagestError("IDENTITY.CERTIFICATE_UNKNOWN", `Nobody of the name ${subject} is known here.`, {
      fields: { subject },
    });
  }
  return {
    subject,
    name: [certificate.subject.CN].flat().at(-1) ?? subject,
    issuer: "x509",
    groups: [],
    roles,
  };
}
