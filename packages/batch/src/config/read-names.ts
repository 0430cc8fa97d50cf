/** Names of a list, or of a text with commas between them. */
export function readNames(value: unknown): string[] {
  if (typeof value !== "string") return Array.isArray(value) ? value.map(String) : [];
  return value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
