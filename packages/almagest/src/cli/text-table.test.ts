import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonText } from "./print-rows.ts";
import { startStage } from "./progress.ts";
import { paint, type Terminal } from "./terminal.ts";
import { renderCsv, renderTextTable } from "./text-table.ts";

test("a text table aligns words left and numbers right", () => {
  const text = renderTextTable([
    { name: "isr", quanta: 60 },
    { name: "calibrateImage", quanta: 5 },
  ]);
  assert.equal(
    text,
    "name            quanta\n--------------  ------\nisr                 60\ncalibrateImage       5",
  );
});

test("CSV quotes what needs it, JSON keeps all digits", () => {
  assert.equal(renderCsv([{ a: 'say "x", y', b: 1 }]), 'a,b\n"say ""x"", y",1');
  assert.equal(toJsonText({ id: 4102444800000000001n }), '{\n  "id": 4102444800000000001\n}');
});

test("a stage draws a bar on a terminal, one closing line elsewhere, and no colour without leave", () => {
  const written: string[] = [];
  const err = { write: (text: string) => written.push(text), columns: 100 };
  const make = (color: boolean, redraw: boolean): Terminal =>
    ({ out: err, err, color, redraw }) as unknown as Terminal;
  let now = 0;
  const quiet = startStage(make(false, false), "isr", () => now);
  quiet.update(1, 2);
  now = 1500;
  quiet.end("2 quanta");
  assert.deepEqual(written, ["✓ isr                        1.5 s  2 quanta\n"]);
  written.length = 0;
  const drawn = startStage(make(false, true), "isr", () => now);
  drawn.update(1, 2, "working");
  drawn.update(2, 2, "too soon to draw again");
  assert.equal(written.length, 1);
  assert.match(written[0]!, /█{14}░{14}\s+1\/2 .*working/);
  assert.equal(paint(make(true, true), "red", "x"), "\x1b[31mx\x1b[0m");
  assert.equal(paint(make(false, true), "red", "x"), "x");
});
