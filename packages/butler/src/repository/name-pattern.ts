import { AlmagestError } from "@almagest/base";

/** True when a text holds glob characters (`*`, `?`). */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/** A regular expression equal to a glob: `*` any text, `?` any one character. */
export function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}

/** Throws `BUTLER.NAME_INVALID` for what cannot name a collection: up to 64 of letters, digits, `_ / . - + @ : , =`. */
export function checkCollectionName(name: string): void {
  if (name.length === 0 || name.length > 64 || !/^[\w/.\-+@:,=~ ]+$/u.test(name) || isUnsafePath(name)) {
    throw new AlmagestError("BUTLER.NAME_INVALID", `'${name}' cannot name a collection.`, {
      fields: { name },
    });
  }
}

function isUnsafePath(name: string): boolean {
  return name.startsWith("/") || name.split("/").some((part) => part === "." || part === "..");
}

/** Throws `BUTLER.NAME_INVALID` for what cannot name a dataset type: letters, digits and `_`, up to 128. */
export function checkDatasetTypeName(name: string): void {
  if (name.length > 128 || !/^[A-Za-z_]\w*$/.test(name)) {
    throw new AlmagestError(
      "BUTLER.NAME_INVALID",
      `'${name}' cannot name a dataset type: use letters, digits and underscores, up to 128.`,
      { fields: { name } },
    );
  }
}
