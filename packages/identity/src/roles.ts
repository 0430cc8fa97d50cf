import { AlmagestError } from "@almagest/base";
import type { Identity } from "./identity.ts";

/**
 * What an account may do. `reader` sees; `user` also changes what is its own; `production` changes everybody's work;
 * `operator` also the service itself (queues, shares); `pilot` takes jobs and reports on them, and nothing else.
 */
export type Role = "reader" | "user" | "production" | "operator" | "pilot";

/** Roles that come with each role. */
const INCLUDED: Readonly<Record<Role, readonly Role[]>> = {
  reader: ["reader"],
  user: ["reader", "user"],
  production: ["reader", "user", "production"],
  operator: ["reader", "user", "production", "operator"],
  pilot: ["pilot"],
};

/** Which group or which subject has which roles. A group's members below it have them too: `rubin` covers `rubin/dm`. */
export interface RoleGrant {
  readonly group?: string;
  readonly subject?: string;
  readonly roles: readonly Role[];
}

const trim = (group: string): string => group.replace(/^\/+|\/+$/g, "");

/** A group without slashes at its ends, and with VOMS's `Role=production` as `production` (`Role=NULL` and
 * `Capability=…` are left out). */
export function normaliseGroup(group: string): string {
  const parts = trim(group).split("/");
  return parts
    .flatMap((part) => (/^(Role=NULL|Capability=)/.test(part) ? [] : [part.replace(/^Role=/, "")]))
    .join("/");
}

/** The roles that grants give to a subject and its groups. */
export function rolesOf(
  subject: string,
  groups: readonly string[],
  grants: readonly RoleGrant[],
): ReadonlySet<Role> {
  const isMember = (wanted: string): boolean => {
    const group = trim(wanted);
    return groups.some((own) => own === group || own.startsWith(`${group}/`));
  };
  const granted = grants.filter(
    (grant) =>
      (grant.subject !== undefined && grant.subject === subject) ||
      (grant.group !== undefined && isMember(grant.group)),
  );
  return new Set(granted.flatMap(({ roles }) => roles.flatMap((role) => INCLUDED[role])));
}

/** Throws `IDENTITY.ROLE_MISSING` when the identity may not do what needs `role`. */
export function requireRole(identity: Identity, role: Role): void {
  if (identity.roles.has(role)) return;
  const held = [...identity.roles].join(", ") || "none";
  throw new AlmagestError(
    "IDENTITY.ROLE_MISSING",
    `This needs the role ${role}; ${identity.name} has ${held}.`,
    {
      fields: { role, subject: identity.subject },
    },
  );
}
