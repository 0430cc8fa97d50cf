import type { DimensionElement } from "./dimension-element.ts";

/** A set of dimensions closed under requirement and implication; equal sets give the same object within a universe. */
export interface DimensionGroup {
  /** All dimensions, in universe order. */
  readonly names: readonly string[];
  /** Those that no other dimension of the group implies: they identify a data id. */
  readonly required: readonly string[];
  readonly implied: readonly string[];
  /** Dimensions and combinations whose dimensions are all here, in universe order. */
  readonly elements: readonly string[];
  readonly governors: readonly string[];
  readonly skypix: readonly string[];
  /** Names joined by commas: equal for equal groups. */
  readonly key: string;
  /** True when every dimension of the other group is here. */
  contains(other: DimensionGroup): boolean;
  has(dimension: string): boolean;
}

/** The group of `names` and everything that they require and imply. */
export function createGroup(
  elements: ReadonlyMap<string, DimensionElement>,
  names: readonly string[],
): DimensionGroup {
  const closure = new Set<string>();
  const visit = (name: string): void => {
    if (closure.has(name)) return;
    const element = elements.get(name)!;
    if (element.isDimension) closure.add(name);
    for (const next of element.required) if (next !== name) visit(next);
    for (const next of element.implied) visit(next);
  };
  for (const name of names) visit(name);

  const all = [...elements.values()];
  const dimensions = all.filter((element) => closure.has(element.name));
  const impliedSet = new Set(dimensions.flatMap((element) => element.implied));
  const ordered = dimensions.map((element) => element.name);
  return {
    names: ordered,
    required: ordered.filter((name) => !impliedSet.has(name)),
    implied: ordered.filter((name) => impliedSet.has(name)),
    elements: all
      .filter((element) =>
        element.isDimension ? closure.has(element.name) : element.required.every((name) => closure.has(name)),
      )
      .map((element) => element.name),
    governors: dimensions.filter((element) => element.isGovernor).map((element) => element.name),
    skypix: dimensions.filter((element) => element.skypix !== undefined).map((element) => element.name),
    key: ordered.join(","),
    contains: (other) => other.names.every((name) => closure.has(name)),
    has: (name) => closure.has(name),
  };
}
