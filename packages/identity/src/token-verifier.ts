import { AlmagestError, type Clock, systemClock } from "@almagest/base";
import type { JSONWebKeySet } from "jose";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import type { Identity } from "./identity.ts";
import { normaliseGroup, type RoleGrant, rolesOf } from "./roles.ts";

/** One issuer that is trusted. */
export interface TrustedIssuer {
  /** As in the token's `iss`, to the letter. */
  readonly issuer: string;
  /** Who the tokens must be for; any when absent. */
  readonly audience?: string;
  /** Its keys themselves, or where they are; absent: found by its `/.well-known/openid-configuration`. */
  readonly keys?: JSONWebKeySet;
  readonly jwksUrl?: string;
  readonly grants: readonly RoleGrant[];
}

/** Says whose a token is. Throws `IDENTITY.TOKEN_INVALID`, `IDENTITY.TOKEN_EXPIRED`, `IDENTITY.ISSUER_UNREACHABLE`. */
export type TokenVerifier = (token: string) => Promise<Identity>;

/** Asymmetric ones only: whoever can verify must not be able to sign. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

const CLOCK_SKEW_SEC = 30;
/** An issuer's keys are not fetched more often, whatever keys tokens name. */
const REFETCH_MS = 1000;
/** Keys that an issuer has withdrawn are no longer accepted after this. */
const KEYS_GOOD_MS = 600_000;

const invalid = (why: string, cause?: unknown): AlmagestError =>
  new AlmagestError("IDENTITY.TOKEN_INVALID", `The token is not accepted: ${why}.`, { cause });

async function discoverKeys(issuer: string): Promise<string> {
  try {
    const response = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return ((await response.json()) as { jwks_uri: string }).jwks_uri;
  } catch (cause) {
    throw unreachable(issuer, cause);
  }
}

const unreachable = (issuer: string, cause: unknown): AlmagestError =>
  new AlmagestError("IDENTITY.ISSUER_UNREACHABLE", `The keys of ${issuer} cannot be fetched.`, {
    cause,
    retryable: true,
  });

/** The issuer that an unverified token claims; only used to choose whose keys to try. */
function claimedIssuer(token: string): string | undefined {
  const [, payload] = token.split(".");
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload ?? "", "base64url").toString("utf8"));
    return typeof claims === "object" && claims !== null ? String((claims as JWTPayload).iss) : undefined;
  } catch {
    return undefined; // Not a token: refused below as of an unknown issuer.
  }
}

/** Groups of a token: `wlcg.groups` and `groups`, as a list or as words, normalised. */
function groupsOf(claims: JWTPayload): string[] {
  const list = [claims["wlcg.groups"], claims.groups].flatMap((claim) =>
    typeof claim === "string" ? claim.split(/[\s,]+/) : Array.isArray(claim) ? claim : [],
  );
  return [...new Set(list.map((group) => normaliseGroup(String(group))))].filter((group) => group !== "");
}

/** A verifier that trusts the issuers. Keys are fetched at first use, kept, and fetched again for a key not yet seen
 * (an issuer that changes its keys is followed within a second) and after ten minutes. Clocks may differ by 30 s. */
export function createTokenVerifier(
  issuers: readonly TrustedIssuer[],
  clock: Clock = systemClock,
): TokenVerifier {
  const keySets = new Map<string, JWTVerifyGetKey>();
  const keysOf = async (trusted: TrustedIssuer): Promise<JWTVerifyGetKey> => {
    const known = keySets.get(trusted.issuer);
    if (known !== undefined) return known;
    const made =
      trusted.keys === undefined
        ? createRemoteJWKSet(new URL(trusted.jwksUrl ?? (await discoverKeys(trusted.issuer))), {
            cooldownDuration: REFETCH_MS,
            cacheMaxAge: KEYS_GOOD_MS,
          })
        : createLocalJWKSet(trusted.keys);
    keySets.set(trusted.issuer, made);
    return made;
  };
  return async (token) => {
    const issuer = claimedIssuer(token);
    const trusted = issuers.find((each) => each.issuer === issuer);
    if (trusted === undefined) throw invalid("its issuer is not trusted here");
    const keys = await keysOf(trusted);
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: trusted.issuer,
        algorithms: ALGORITHMS,
        currentDate: new Date(clock.nowMs()),
        clockTolerance: CLOCK_SKEW_SEC,
        requiredClaims: ["sub", "exp"],
        ...(trusted.audience === undefined ? {} : { audience: trusted.audience }),
      });
      return toIdentity(payload, trusted);
    } catch (error) {
      throw explain(error, trusted.issuer);
    }
  };
}

function toIdentity(claims: JWTPayload, { issuer, grants }: TrustedIssuer): Identity {
  const subject = claims.sub!;
  const groups = groupsOf(claims);
  const name = String(claims.name ?? claims.preferred_username ?? subject);
  return { subject, name, issuer, groups, roles: rolesOf(subject, groups, grants) };
}

function explain(error: unknown, issuer: string): AlmagestError {
  if (error instanceof errors.JWTExpired) {
    return new AlmagestError("IDENTITY.TOKEN_EXPIRED", "The token has expired; get a new one.", {
      cause: error,
    });
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim } = error;
    if (claim === "nbf") {
      return new AlmagestError("IDENTITY.TOKEN_EXPIRED", "The token is not valid yet.", { cause: error });
    }
    return invalid(`its claim ${claim} does not fit`, error);
  }
  if (
    error instanceof errors.JOSEError &&
    error.code !== "ERR_JOSE_GENERIC" &&
    error.code !== "ERR_JWKS_TIMEOUT"
  ) {
    return invalid("its signature cannot be verified", error);
  }
  return unreachable(issuer, error);
}
