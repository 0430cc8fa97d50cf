/** One column of a dimension element as the stored configuration describes it. */
export interface ColumnConfig {
  readonly name: string;
  readonly type: "string" | "int" | "float" | "bool" | "hash";
  readonly length?: number;
  readonly nbytes?: number;
  readonly nullable?: boolean;
  readonly doc?: string;
}

/** One dimension element as the stored configuration describes it. */
export interface ElementConfig {
  readonly keys?: readonly ColumnConfig[];
  readonly metadata?: readonly ColumnConfig[];
  readonly requires?: readonly string[];
  readonly implies?: readonly string[];
  readonly governor?: boolean;
  readonly always_join?: boolean;
  readonly populated_by?: string;
  readonly is_cached?: boolean;
  readonly implied_union_target?: string;
  /** Older universes name how an element is stored here. */
  readonly storage?: {
    readonly cls?: string;
    readonly view_of?: string;
    readonly nested?: { readonly cls?: string; readonly view_of?: string };
  };
  readonly doc?: string;
}

/** The `config:dimensions.json` attribute of a repository. */
export interface UniverseConfig {
  readonly version: number;
  readonly namespace?: string;
  readonly skypix: {
    readonly common: string;
    readonly [system: string]: string | { readonly class?: string; readonly max_level?: number };
  };
  readonly elements: Readonly<Record<string, ElementConfig>>;
  readonly topology: {
    readonly spatial?: Readonly<Record<string, readonly string[]>>;
    readonly temporal?: Readonly<Record<string, readonly string[]>>;
  };
}
