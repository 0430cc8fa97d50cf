import { AlmagestError } from "@almagest/base";
import { CARD_BYTES, type CardValue, isCommentaryKeyword } from "./card.ts";

const STANDARD_KEYWORD = /^[A-Z0-9_-]{1,8}$/;
const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * Writes a card in fixed format as 80·n characters: CONTINUE cards for long strings, HIERARCH for keywords that are not standard,
 * several cards for long commentary. A comment that does not fit beside a number is cut. Throws `FITS.VALUE_UNWRITABLE`.
 */
export function formatCard(keyword: string, value: CardValue, comment = ""): string {
  checkText(keyword, keyword);
  checkText(keyword, comment);
  if (isCommentaryKeyword(keyword)) return formatCommentary(keyword, value);
  const prefix = formatPrefix(keyword);
  if (typeof value === "string") return formatString(keyword, prefix, value, comment);
  const field = formatValue(keyword, value).padStart(20);
  const line = prefix + field;
  if (line.length > CARD_BYTES) unwritable(keyword, "keyword and value do not fit on one card");
  const tail = comment === "" ? "" : ` / ${comment}`;
  return (line + tail).slice(0, CARD_BYTES).padEnd(CARD_BYTES);
}

function formatPrefix(keyword: string): string {
  if (STANDARD_KEYWORD.test(keyword)) return `${keyword.padEnd(8)}= `;
  if (keyword.includes("=") || keyword.length > 60 || keyword !== keyword.toUpperCase())
    unwritable(keyword, "the keyword is neither standard nor fit for HIERARCH");
  return `HIERARCH ${keyword} = `;
}

/** Writes a value other than a string as the standard's free format wants it. */
function formatValue(keyword: string, value: Exclude<CardValue, string>): string {
  switch (typeof value) {
    case "undefined":
      return "";
    case "boolean":
      return value ? "T" : "F";
    case "bigint":
      return value.toString();
    case "number":
      return formatNumber(keyword, value);
    default:
      return `(${formatNumber(keyword, value.re)}, ${formatNumber(keyword, value.im)})`;
  }
}

function formatNumber(keyword: string, value: number): string {
  if (!Number.isFinite(value)) unwritable(keyword, `${value} has no FITS form`);
  if (Object.is(value, -0)) return "-0.0";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const text = String(value).toUpperCase();
  const exponent = text.indexOf("E");
  if (exponent < 0) return text.includes(".") ? text : `${text}.0`;
  const mantissa = text.slice(0, exponent);
  return (mantissa.includes(".") ? mantissa : `${mantissa}.0`) + text.slice(exponent);
}

function formatString(keyword: string, prefix: string, value: string, comment: string): string {
  checkText(keyword, value);
  const escaped = value.replaceAll("'", "''");
  const quoted = `'${escaped.padEnd(8)}'`.padEnd(20);
  const single = `${prefix}${quoted}${comment === "" ? "" : ` / ${comment}`}`.trimEnd();
  if (single.length <= CARD_BYTES) return single.padEnd(CARD_BYTES);
  const lines: string[] = [];
  let rest = escaped;
  let head = prefix;
  for (;;) {
    const room = CARD_BYTES - head.length - 3;
    if (rest.length <= room) {
      lines.push(`${head}'${rest}${comment === "" ? "" : "&"}'`);
      break;
    }
    let cut = room;
    // A doubled quote must stay on one card: an odd run of quotes before the cut means the cut is inside a pair.
    const quotes = /'*$/.exec(rest.slice(0, cut))![0].length;
    if (quotes % 2 === 1) cut--;
    lines.push(`${head}'${rest.slice(0, cut)}&'`);
    rest = rest.slice(cut);
    head = "CONTINUE  ";
  }
  for (let at = 0; at < comment.length; at += 60) {
    const more = at + 60 < comment.length ? "&" : "";
    lines.push(`CONTINUE  '${more}' / ${comment.slice(at, at + 60)}`);
  }
  return lines.map((line) => line.padEnd(CARD_BYTES)).join("");
}

function formatCommentary(keyword: string, value: CardValue): string {
  const text = value === undefined ? "" : String(value);
  checkText(keyword, text);
  const lines: string[] = [];
  for (let at = 0; at === 0 || at < text.length; at += 72)
    lines.push((keyword.padEnd(8) + text.slice(at, at + 72)).padEnd(CARD_BYTES));
  return lines.join("");
}

function checkText(keyword: string, text: string): void {
  if (!PRINTABLE.test(text)) unwritable(keyword, "only printable ASCII characters may stand in a header");
}

function unwritable(keyword: string, why: string): never {
  throw new AlmagestError("FITS.VALUE_UNWRITABLE", `Card ${keyword} cannot be written: ${why}.`, {
    fields: { card: keyword },
  });
}
