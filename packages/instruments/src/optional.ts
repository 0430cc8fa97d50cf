/** `{[key]: value}`, or nothing where the value is not known: for spreading into records with optional fields. */
export function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
