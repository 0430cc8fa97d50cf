/** Replaces `$NAME` and `${NAME}` by the environment's values; unknown names stay as written, as Python's expandvars does. */
export function expandEnvironment(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return text.replace(/\$(\w+|\{[^}]*\})/g, (written, name: string) => {
    const value = environment[name.startsWith("{") ? name.slice(1, -1) : name];
    return value ?? written;
  });
}
