/** @module Who asks, and what they may do: OIDC bearer tokens, X.509 client certificates, groups and roles. */
export { type AccessSettings, authenticate, statusOf } from "./authenticate.ts";
export { distinguishedName, identifyCertificate } from "./certificate.ts";
export { IDENTITY_ERRORS } from "./errors.ts";
export { type Identity, LOCAL_IDENTITY } from "./identity.ts";
export { type LaptopIssuer, openLaptopIssuer } from "./laptop-issuer.ts";
export { readOrigin, requireOrigin } from "./origin.ts";
export { normaliseGroup, type Role, type RoleGrant, requireRole, rolesOf } from "./roles.ts";
export { createTokenVerifier, type TokenVerifier, type TrustedIssuer } from "./token-verifier.ts";
