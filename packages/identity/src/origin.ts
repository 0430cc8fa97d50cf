import { AlmagestError } from "@almagest/base";
import type { Identity } from "./identity.ts";

/** The group that PanDA's clients name in the header Origin: `vo`, `vo.role` or `vo:role`. A web browser's origin, which is
 * an address, gives undefined. */
export function readOrigin(origin: string | undefined): string | undefined {
  if (origin === undefined || origin === "null" || origin === "" || origin.includes("//")) return undefined;
  return origin.replace(/[.:]([^.:]+)$/, "/$1");
}

/**
 * Checks that the caller is of the group that it acts for. A bare `vo` needs any group of that organisation, `vo.role` that
 * very group. Throws `IDENTITY.GROUP_MISSING`.
 */
export function requireOrigin(identity: Identity, origin: string | undefined): void {
  const group = readOrigin(origin);
  if (group === undefined || identity.issuer === "local") return;
  if (identity.groups.some((own) => own === group || own.startsWith(`${group}/`))) return;
  throw new AlmagestError("IDENTITY.GROUP_MISSING", `${identity.name} is not of the group ${group}.`, {
    fields: { group, subject: identity.subject },
  });
}
