/** One promise of the project that can be measured: a bench or interop file exports a list of these as `bars`. */
export interface Bar {
  /** Short name, such as `completeness at 10 sigma`. */
  readonly name: string;
  /** The goal in words and figures, such as `≥ 95 %`. */
  readonly goal: string;
  /** Measures it; `pass` says whether the goal is reached, `note` what was compared with what. */
  measure(): Promise<{ readonly figure: string; readonly pass: boolean; readonly note?: string }>;
}
