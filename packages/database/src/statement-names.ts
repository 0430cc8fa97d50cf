const MAX_NAMES = 256;
const MAX_TEXT = 4000;
const MAX_SEEN = 2000;

/**
 * Names for statements worth preparing on the server: those asked a second time, up to 256 of them. Lists of changing
 * length make ever new texts, which would otherwise fill the server's memory.
 */
export function createStatementNames(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  const seen = new Set<string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined) return known;
    if (names.size >= MAX_NAMES || text.length > MAX_TEXT) return undefined;
    if (!seen.has(text)) {
      if (seen.size >= MAX_SEEN) seen.clear();
      seen.add(text);
      return undefined;
    }
    seen.delete(text);
    const name = `almagest_${names.size}`;
    names.set(text, name);
    return name;
  };
}
