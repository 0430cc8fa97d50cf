/** What a storage class says of the values it stands for, as `storageClasses` of a configuration tells it. */
export interface StorageClass {
  readonly name: string;
  /** The Python class of its values; two storage classes of one class hold the same. */
  readonly pythonClass: string;
  /** Storage classes whose definition this one continues, nearest first. */
  readonly ancestors: readonly string[];
  /** Storage classes of what a value consists of, by name: these are stored apart where the repository takes values apart. */
  readonly components: ReadonlyMap<string, string>;
  /** Storage classes of what can be read of a value, or of one of its components, but is not stored by itself. */
  readonly derivedComponents: ReadonlyMap<string, string>;
  /** Parameters that a read may be given. */
  readonly parameters: ReadonlySet<string>;
  /** Python classes whose values it converts. */
  readonly convertsFrom: ReadonlySet<string>;
}

/** A storage class as a configuration writes it. */
export interface StorageClassConfig {
  readonly pytype?: string;
  readonly inheritsFrom?: string;
  readonly components?: Readonly<Record<string, string>>;
  readonly derivedComponents?: Readonly<Record<string, string>>;
  readonly parameters?: readonly string[];
  /** By Python class the function that converts it; here only the classes count. */
  readonly converters?: Readonly<Record<string, unknown>> | readonly string[];
}

/** Python spells some classes in two ways. */
const SAME_CLASS: ReadonlyMap<string, string> = new Map([
  ["pyarrow.lib.Table", "pyarrow.Table"],
  ["pandas.DataFrame", "pandas.core.frame.DataFrame"],
]);

/** The one spelling of a Python class name. */
export function pythonClassOf(name: string): string {
  return SAME_CLASS.get(name) ?? name;
}

/** A storage class from its configuration and the one it inherits from. */
export function createStorageClass(
  name: string,
  config: StorageClassConfig,
  parent: StorageClass | undefined,
): StorageClass {
  const { components = {}, derivedComponents = {}, parameters = [], converters = [] } = config;
  const classes = Array.isArray(converters) ? (converters as readonly string[]) : Object.keys(converters);
  return {
    name,
    pythonClass: pythonClassOf(config.pytype ?? parent?.pythonClass ?? "object"),
    ancestors: parent === undefined ? [] : [parent.name, ...parent.ancestors],
    components: new Map([...(parent?.components ?? []), ...Object.entries(components)]),
    derivedComponents: new Map([...(parent?.derivedComponents ?? []), ...Object.entries(derivedComponents)]),
    parameters: new Set([...(parent?.parameters ?? []), ...parameters]),
    convertsFrom: new Set([...(parent?.convertsFrom ?? []), ...classes.map(pythonClassOf)]),
  };
}
