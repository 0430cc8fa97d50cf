import { hash } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { threadId } from "node:worker_threads";

let place: string | undefined;

/** Where process numbers of this process mean something: the machine, and on Linux the process namespace. */
export function processPlace(): string {
  if (place !== undefined) return place;
  try {
    place = `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    // Another system has no such namespaces.
    place = hostname();
  }
  return place;
}

/** Six hexadecimal digits that stand for a process: they are in the names of all that it writes and has not registered. */
export const processMark = (pid: number = process.pid): string =>
  hash("sha256", `${processPlace()} ${pid}`, "hex").slice(0, 6);

let own: string | undefined;
let marks = 0;

/** Twelve hexadecimal digits that no other thread or living process uses now: the form of the temporary names that fsck
 * knows, without asking the system for random bytes each time. The first six are the process's mark. */
export function nextMark(): string {
  own ??= processMark();
  marks = (marks + 1) % 2 ** 16;
  return own + lastDigits(threadId, 2) + lastDigits(marks, 4);
}

const lastDigits = (value: number, digits: number): string =>
  value.toString(16).padStart(digits, "0").slice(-digits);
