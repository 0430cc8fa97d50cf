/** A headline figure. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
}

/** A promise with its measured figure. */
export interface Verdict {
  readonly name: string;
  readonly goal: string;
  readonly figure: string;
  readonly pass: boolean;
}

/** A picture or chart with what it shows. `html` is an inline SVG; `src` an image URI. */
export interface Panel {
  readonly title: string;
  readonly caption: string;
  readonly svg?: string;
  readonly src?: string;
  /** Two images side by side under one caption. */
  readonly pair?: readonly [left: { src: string; label: string }, right: { src: string; label: string }];
  /** A table: names of columns, and cells as they are shown. */
  readonly table?: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** Takes the whole width of the page. */
  readonly wide?: boolean;
  /** Drawn for light paper: shown on a light sheet. */
  readonly light?: boolean;
}

/** A part of the page under one heading. */
export interface Section {
  readonly title: string;
  readonly lead: string;
  readonly panels: readonly Panel[];
}

/** Everything that a report page shows. */
export interface ReportContent {
  readonly title: string;
  readonly subtitle: string;
  /** The picture across the top of the page. */
  readonly hero?: { readonly src: string; readonly caption: string };
  readonly facts: readonly Fact[];
  readonly verdicts: readonly Verdict[];
  readonly sections: readonly Section[];
  /** What could not be told or done, for the reader to know. */
  readonly notes: readonly string[];
  /** Version, command and settings, small at the foot. */
  readonly colophon: string;
}
