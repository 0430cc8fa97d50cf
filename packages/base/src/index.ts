/** @module The ground floor: coded errors, ids, clock, canonical JSON, seeded random numbers, structured logging, large buffers. */
export { type Clock, createManualClock, systemClock } from "./clock.ts";
export { AlmagestError, assertNever, invariant, isAlmagestError } from "./error.ts";
export { BASE_ERRORS } from "./errors.ts";
export { canonicalJson, type Json, parseJson } from "./json.ts";
export {
  borrowBuffer,
  borrowFloats,
  borrowInts,
  borrowWords,
  returnBuffer,
} from "./large-buffers.ts";
export {
  createLogger,
  formatLogLine,
  type Logger,
  type LogLevel,
  type LogRecord,
  silentLogger,
} from "./log.ts";
export { createRandom, type Random } from "./random.ts";
export { formatUuid, parseUuid, uuid5, uuid7 } from "./uuid.ts";
