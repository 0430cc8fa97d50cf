/** Parses `-23:46:59.9`, `05 33 12.1` or a plain number of degrees or hours; undefined where it is neither. */
function parseSexagesimal(text: string): { value: number; parts: number } | undefined {
  const match =
    /^([+-]?)\s*(\d+(?:\.\d*)?)(?:[:\shdHD°]+(\d+(?:\.\d*)?))?(?:[:\sm'M]+(\d+(?:\.\d*)?))?[s"S]?$/.exec(
      text.trim(),
    );
  if (match === null) return undefined;
  const [, sign, first, minutes, seconds] = match;
  const value = Number(first) + Number(minutes ?? 0) / 60 + Number(seconds ?? 0) / 3600;
  return { value: sign === "-" ? -value : value, parts: minutes === undefined ? 1 : 2 };
}

/** Right ascension in degrees: sexagesimal texts are hours, plain numbers degrees. */
export function parseRightAscension(value: string | number | undefined): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value === undefined) return undefined;
  const parsed = parseSexagesimal(value);
  if (parsed === undefined) return undefined;
  return parsed.parts > 1 ? parsed.value * 15 : parsed.value;
}

/** Declination in degrees from a sexagesimal text or a number. */
export function parseDeclination(value: string | number | undefined): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return value === undefined ? undefined : parseSexagesimal(value)?.value;
}
