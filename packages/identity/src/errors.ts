/** Every error code of this room, with what it means and what to do. */
export const IDENTITY_ERRORS: Readonly<Record<string, string>> = {
  "IDENTITY.NO_CREDENTIALS":
    "A request carries neither a bearer token nor a client certificate. Send `Authorization: Bearer TOKEN`.",
  "IDENTITY.TOKEN_INVALID":
    "A token cannot be believed: it is damaged, signed by an unknown key, or for another audience. Get one from an issuer that this server trusts.",
  "IDENTITY.TOKEN_EXPIRED": "A token is past its time, or not valid yet. Get a new one; check both clocks.",
  "IDENTITY.CERTIFICATE_UNKNOWN":
    "A client certificate is not signed by a trusted authority, or its subject is not known here.",
  "IDENTITY.GROUP_MISSING":
    "The Origin header names a group that the token is not a member of. Use one of its own groups.",
  "IDENTITY.ROLE_MISSING":
    "The caller is known but lacks the role that this request needs. Ask an operator for it, or use another account.",
  "IDENTITY.ISSUER_UNREACHABLE": "The issuer's keys cannot be fetched. Check its address and the network.",
};
