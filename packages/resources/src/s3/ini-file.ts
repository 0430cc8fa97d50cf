/** Sections of an INI file as the AWS tools write it: names to keys to values. */
export type IniSections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Parses `[section]` and `key = value` lines; nested settings (indented) are passed over, comments start a line. */
export function parseIni(text: string): IniSections {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const name = /^\s*\[\s*(?:profile\s+)?"?([^\]"]+?)"?\s*\]/.exec(line)?.[1];
    if (name !== undefined) {
      current = sections.get(name) ?? new Map();
      sections.set(name, current);
      continue;
    }
    const pair = /^([A-Za-z_][\w-]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (pair !== null) current?.set(pair[1]!.toLowerCase(), pair[2]!);
  }
  return sections;
}
