import type { Role } from "./roles.ts";

/** Who asks. Holds nothing secret, so it may be logged. */
export interface Identity {
  /** The token's `sub`, or the certificate's distinguished name. */
  readonly subject: string;
  /** What people are shown: `name` or `preferred_username` of the token, the common name of the certificate. */
  readonly name: string;
  /** The token's issuer, or `x509`, or `local` where nobody had to say who they are. */
  readonly issuer: string;
  /** As the issuer writes them, without a leading slash: `rubin/production`. */
  readonly groups: readonly string[];
  readonly roles: ReadonlySet<Role>;
}

/** Everybody, where a server asks for no credentials (a laptop's loopback port, tests): may do everything. */
export const LOCAL_IDENTITY: Identity = {
  subject: "local",
  name: "local",
  issuer: "local",
  groups: [],
  roles: new Set(["reader", "user", "production", "operator", "pilot"]),
};
