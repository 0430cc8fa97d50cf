/** A value of a submit file. */
export type ConfigValue = string | number | boolean | null | readonly ConfigValue[] | ConfigTree;

/** A section of a submit file. */
export interface ConfigTree {
  readonly [key: string]: ConfigValue;
}

/** True for sections. */
export function isTree(value: ConfigValue | undefined): value is ConfigTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `upper` laid over `lower`: sections merge key by key, everything else is replaced; keys keep the order of `lower`. */
export function mergeTrees(lower: ConfigTree, upper: ConfigTree): ConfigTree {
  const merged: Record<string, ConfigValue> = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    const before = merged[key];
    merged[key] = isTree(before) && isTree(value) ? mergeTrees(before, value) : value;
  }
  return merged;
}

/** The value at a path such as `.payload.output` (first character is the separator) or at a plain key. */
export function valueAt(tree: ConfigTree, key: string): ConfigValue | undefined {
  if (Object.hasOwn(tree, key)) return tree[key];
  if (!/^\W/.test(key)) return undefined;
  let value: ConfigValue | undefined = tree;
  for (const name of key.slice(1).split(key[0]!)) {
    if (!isTree(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}
