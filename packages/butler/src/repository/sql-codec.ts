import { randomFillSync } from "node:crypto";
import type { Clock } from "@almagest/base";
import { type Dialect, rawSql, type Sql, type SqlValue } from "@almagest/database";
import { clampTaiNs, TAI_NS_MAX, TAI_NS_MIN, unixToTaiNs } from "@almagest/sphere";
import type { Timespan } from "../types.ts";

/** A dataset id as the database holds it. */
export function encodeUuid(dialect: Dialect, id: string): string {
  if (dialect !== "sqlite") return id;
  if (id.length !== 36) return id.toLowerCase();
  return `${id.slice(0, 8)}${id.slice(9, 13)}${id.slice(14, 18)}${id.slice(19, 23)}${id.slice(24)}`.toLowerCase();
}

/** A dataset id as everybody else writes it, with dashes. */
export function decodeUuid(id: string): string {
  if (id.length !== 32) return id;
  return `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`;
}

/** SQL that gives a stored dataset id as a text, for `decodeUuid`. */
export function uuidText(dialect: Dialect, column: string): Sql {
  return rawSql(dialect === "postgresql" ? `${column}::text` : column);
}

/** Ids that share one text in memory: a few, so that one that is kept does not keep many. */
const IDS_PER_TEXT = 128;
const DASH = 45;

/** Visits many dataset ids of one text of them all, as the database holds them or with dashes. */
export function forEachUuid(text: string, count: number, visit: (id: string, index: number) => void): void {
  const bytes = Buffer.from(text, "latin1");
  const dashed = Buffer.allocUnsafe(IDS_PER_TEXT * 36);
  let from = 0;
  for (let start = 0; start < count; start += IDS_PER_TEXT) {
    const end = Math.min(start + IDS_PER_TEXT, count);
    let to = 0;
    for (let index = start; index < end; index++) {
      for (let place = 0; place < 36; place++) {
        const isDash = place === 8 || place === 13 || place === 18 || place === 23;
        if (isDash && bytes[from] === DASH) from++;
        dashed[to++] = isDash ? DASH : bytes[from++]!;
      }
    }
    const piece = dashed.toString("latin1", 0, to);
    for (let index = start, at = 0; index < end; index++, at += 36) visit(piece.slice(at, at + 36), index);
  }
}

const entropy = Buffer.alloc(8192);
let entropyLeft = 0;

function randomHex(): string {
  // One call of the random source per 1024 ids: it dominates the cost of bulk inserts otherwise.
  if (entropyLeft < 8) {
    randomFillSync(entropy);
    entropyLeft = entropy.length;
  }
  entropyLeft -= 8;
  return entropy.toString("hex", entropyLeft, entropyLeft + 8);
}

/** Going back by less is taken for the counter's running ahead, by more for a clock that was set (or a test's). */
const CLOCK_SET_BACK_MS = 10_000;
let lastMs = 0;
let timeText = "";
let counter = 0;

/** A new dataset id: UUIDv7, each greater than the last of this process (RFC 9562 §6.2, method 1: a counter in the 12 bits
 * after the time), so that indexes grow at their end. */
export function newDatasetId(clock: Clock): string {
  const nowMs = Math.floor(clock.nowMs());
  if (nowMs > lastMs || nowMs < lastMs - CLOCK_SET_BACK_MS) {
    lastMs = nowMs;
    counter = 0;
  } else if (++counter > 0xfff) {
    lastMs++;
    counter = 0;
  }
  if (counter === 0) {
    const hex = lastMs.toString(16).padStart(12, "0");
    timeText = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
  }
  const random = randomHex();
  const variant = "89ab"[Number.parseInt(random[0]!, 16) & 3]!;
  return `${timeText}${counter.toString(16).padStart(3, "0")}-${variant}${random.slice(1, 4)}-${random.slice(4)}`;
}

/** Now, as the database holds times. */
export function nowTaiNs(clock: Clock): bigint {
  return unixToTaiNs(clock.nowMs() / 1000);
}

/** Both ends of a time span in TAI nanoseconds, unbounded ends at the limits; an instant lasts one nanosecond, and an
 * empty span has its begin after its end. */
export function timespanBounds(span: Timespan): { begin: bigint; end: bigint } {
  const begin = span.begin === undefined ? TAI_NS_MIN : clampTaiNs(span.begin);
  const end = span.end === undefined ? TAI_NS_MAX : clampTaiNs(span.end);
  if (span.begin !== undefined && span.end !== undefined && span.begin === span.end) {
    return { begin, end: begin + 1n };
  }
  return begin >= end ? { begin: TAI_NS_MAX, end: TAI_NS_MIN } : { begin, end };
}

/** A time span from its two ends. */
export function timespanFromBounds(begin: bigint, end: bigint): Timespan {
  if (begin >= end) return { begin: TAI_NS_MAX, end: TAI_NS_MIN };
  return {
    ...(begin <= TAI_NS_MIN ? {} : { begin }),
    ...(end >= TAI_NS_MAX ? {} : { end }),
  };
}

/** Names of the columns that hold a time span. */
export function timespanColumns(dialect: Dialect): string[] {
  return dialect === "sqlite" ? ["timespan_begin", "timespan_end"] : ["timespan"];
}

/** Values for those columns. */
export function encodeTimespan(dialect: Dialect, span: Timespan | null): SqlValue[] {
  if (dialect === "sqlite") {
    if (span === null) return [null, null];
    const { begin, end } = timespanBounds(span);
    return [begin, end];
  }
  if (span === null) return [null];
  const { begin, end } = timespanBounds(span);
  if (begin >= end) return ["empty"];
  return [`[${begin <= TAI_NS_MIN ? "" : begin},${end >= TAI_NS_MAX ? "" : end})`];
}

/** Expressions for the begin and end of a table's time span, as integers with the limits for unbounded ends. */
export function timespanSql(dialect: Dialect, alias: string): { begin: Sql; end: Sql } {
  if (dialect === "sqlite") {
    return { begin: rawSql(`${alias}.timespan_begin`), end: rawSql(`${alias}.timespan_end`) };
  }
  const column = `${alias}.timespan`;
  return {
    begin: rawSql(
      `CASE WHEN isempty(${column}) THEN ${TAI_NS_MAX} ELSE coalesce(lower(${column}), CASE WHEN ${column} IS NULL THEN NULL ELSE 0 END) END`,
    ),
    end: rawSql(
      `CASE WHEN isempty(${column}) THEN 0 ELSE coalesce(upper(${column}), CASE WHEN ${column} IS NULL THEN NULL ELSE ${TAI_NS_MAX} END) END`,
    ),
  };
}
