import type { ObservationType } from "./observation-info.ts";

const NAMES: Readonly<Record<string, string>> = {
  object: "science",
  obj: "science",
  science: "science",
  sci: "science",
  light: "science",
  "light frame": "science",
  expose: "science",
  skyexp: "science",
  bias: "bias",
  zero: "bias",
  "bias frame": "bias",
  dark: "dark",
  "dark frame": "dark",
  flat: "flat",
  "flat field": "flat",
  "flat frame": "flat",
  "flat,dome": "flat",
  domeflat: "flat",
  "dome flat": "flat",
  skyflat: "flat",
  "flat,sky": "flat",
  "sky flat": "flat",
  twiflat: "flat",
};

/** The common word for what an observatory's header calls an exposure; unknown words are kept, in lower case. */
export function normalizeObservationType(text: string | undefined): ObservationType {
  const name = (text ?? "unknown").trim().toLowerCase();
  return NAMES[name] ?? name;
}
