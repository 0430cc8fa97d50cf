import type { QueueSpec } from "../manager/configure.ts";

/** A generous queue for tests and benches. */
export function simpleQueue(name: string, facility: string, changes: Partial<QueueSpec> = {}): QueueSpec {
  return {
    name,
    facility,
    status: "online",
    cores: 32,
    memoryMb: 64_000,
    wallSec: 604_800,
    diskMb: 100_000,
    software: [],
    backlog: 100,
    ...changes,
  };
}
