import { AlmagestError } from "@almagest/base";
import { parseYaml } from "../formatters/yaml-formatter.ts";
import { globToRegExp } from "../repository/name-pattern.ts";

/** Who asks, as far as permissions care. */
export interface Caller {
  readonly subject: string;
  readonly groups: readonly string[];
}

/** What may be done: see and fetch the datasets of a collection, change it, or define what all share (dimension records,
 * dataset types). */
export type Action = "read" | "write" | "define";

/** Who may do what with the collections of a pattern. */
export interface CollectionRule {
  /** Globs of collection names; `{subject}` stands for the caller's. */
  readonly collections: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Permissions of a repository: of the rules the first that matches a collection holds. */
export interface Permissions {
  readonly rules: readonly CollectionRule[];
  /** Who may insert dimension records and define dataset types. */
  readonly define: readonly string[];
}

/** Everybody may do everything: for a server that asks for no credentials. */
export const OPEN_PERMISSIONS: Permissions = {
  rules: [{ collections: ["*"], read: ["*"], write: ["*"] }],
  define: ["*"],
};

function isMember(caller: Caller, who: readonly string[]): boolean {
  return who.some((name) => {
    if (name === "*" || name === `subject:${caller.subject}`) return true;
    const group = name.replace(/^\/+|\/+$/g, "");
    return caller.groups.some((own) => own === group || own.startsWith(`${group}/`));
  });
}

/** Whether a caller may do something with a collection; no rule, no right. */
export function mayAccess(
  permissions: Permissions,
  caller: Caller,
  action: "read" | "write",
  collection: string,
): boolean {
  const rule = permissions.rules.find(({ collections }) =>
    collections.some((glob) =>
      globToRegExp(glob.replaceAll("{subject}", caller.subject.replace(/[*?]/g, ""))).test(collection),
    ),
  );
  if (rule === undefined) return false;
  // Who may change a collection may see it.
  return isMember(caller, action === "write" ? rule.write : [...rule.read, ...rule.write]);
}

/** Whether a caller may define what all collections share. */
export function mayDefine(permissions: Permissions, caller: Caller): boolean {
  return isMember(caller, permissions.define);
}

function wordsOf(value: unknown, where: string): string[] {
  const list = typeof value === "string" ? [value] : value;
  if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list;
  throw new AlmagestError("BUTLER.PERMISSIONS_INVALID", `${where} must be a name or a list of names.`, {
    fields: { where },
  });
}

/**
 * Reads permissions from YAML: `define: [groups]` and `rules`, a list of `{collections, read, write}`. A name is a group
 * (which has its subgroups in it), `subject:NAME`, or `*` for everybody. Throws `BUTLER.PERMISSIONS_INVALID`.
 */
export function parsePermissions(text: string): Permissions {
  const tree = parseYaml(text) as Record<string, unknown> | null;
  const rules = tree?.rules;
  const unknown = Object.keys(tree ?? {}).filter((key) => key !== "rules" && key !== "define");
  if (!Array.isArray(rules) || unknown.length > 0) {
    throw new AlmagestError(
      "BUTLER.PERMISSIONS_INVALID",
      `Permissions are a list 'rules' and a list 'define'${unknown.length > 0 ? `, not '${unknown[0]}'` : ""}.`,
    );
  }
  return {
    define: wordsOf(tree?.define ?? [], "define"),
    rules: rules.map((rule: Record<string, unknown>, index) => {
      const odd = Object.keys(rule).find((key) => !["collections", "read", "write"].includes(key));
      if (odd !== undefined || rule.collections === undefined) {
        throw new AlmagestError(
          "BUTLER.PERMISSIONS_INVALID",
          `Rule ${index + 1} must have 'collections', and may have 'read' and 'write'${odd === undefined ? "" : `, not '${odd}'`}.`,
        );
      }
      return {
        collections: wordsOf(rule.collections, `rules[${index}].collections`),
        read: wordsOf(rule.read ?? [], `rules[${index}].read`),
        write: wordsOf(rule.write ?? [], `rules[${index}].write`),
      };
    }),
  };
}
