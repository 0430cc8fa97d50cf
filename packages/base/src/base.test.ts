import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  canonicalJson,
  createLogger,
  createManualClock,
  createRandom,
  formatLogLine,
  isAlmagestError,
  type LogRecord,
  parseJson,
  uuid5,
  uuid7,
} from "./index.ts";

test("uuid5 gives the Butler's known dataset id", () => {
  const name = "dataset_type=raw,run=HSC/raw/all,detector=10,exposure=903334,instrument=HSC";
  assert.equal(uuid5("840b31d9-05cd-5161-b2c8-00d32b280d0f", name), "376ecbca-d1b9-506e-b633-0886ceb8df09");
  assert.throws(
    () => uuid5("nonsense", "x"),
    (error) => isAlmagestError(error, "BASE.UUID_INVALID"),
  );
});

test("uuid7 carries the clock's time and version and sorts by time", () => {
  const clock = createManualClock(1_700_000_000_000);
  const first = uuid7(clock);
  clock.advance(1);
  const second = uuid7(clock);
  assert.equal(first[14], "7");
  assert.ok(first < second);
  assert.equal(Number.parseInt(first.replaceAll("-", "").slice(0, 12), 16), 1_700_000_000_000);
});

test("canonical JSON ignores key order and round-trips large integers", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      assert.equal(canonicalJson(value), canonicalJson(reversed));
    }),
  );
  assert.deepEqual(parseJson('{"t":4102444800000000000,"x":1.5}'), { t: 4102444800000000000n, x: 1.5 });
  assert.throws(
    () => canonicalJson(Number.NaN),
    (error) => isAlmagestError(error, "BASE.JSON_INVALID"),
  );
  assert.throws(
    () => parseJson("{"),
    (error) => isAlmagestError(error, "BASE."),
  );
});

test("random numbers repeat for a seed, differ between forks, and have the right moments", () => {
  const draw = (seed: string) => Array.from({ length: 4 }, createRandom(seed).uniform);
  assert.deepEqual(draw("a"), draw("a"));
  assert.notDeepEqual(draw("a"), draw("b"));
  assert.notDeepEqual(draw("a"), Array.from({ length: 4 }, createRandom("a").fork(1).uniform));
  const random = createRandom(7);
  for (const mean of [0.3, 12, 45, 3000]) {
    let sum = 0;
    let squares = 0;
    const n = 20_000;
    for (let i = 0; i < n; i++) {
      const k = random.poisson(mean);
      sum += k;
      squares += (k - mean) ** 2;
    }
    assert.ok(Math.abs(sum / n - mean) < 5 * Math.sqrt(mean / n), `mean of Poisson(${mean})`);
    assert.ok(Math.abs(squares / n / mean - 1) < 0.06, `variance of Poisson(${mean})`);
  }
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < 50_000; i++) {
    const x = random.normal();
    sum += x;
    squares += x * x;
  }
  assert.ok(Math.abs(sum / 50_000) < 0.025 && Math.abs(squares / 50_000 - 1) < 0.03);
});

test("a child logger adds its fields to every record", () => {
  const records: LogRecord[] = [];
  const log = createLogger((record) => records.push(record), { run: "r1" }, createManualClock(0)).child({
    task: "isr",
  });
  log.warn("saturated", { pixels: 3n });
  assert.equal(
    formatLogLine(records[0]!),
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"saturated","run":"r1","task":"isr","pixels":"3"}',
  );
});
