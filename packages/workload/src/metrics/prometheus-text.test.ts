import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram, renderMetrics } from "./prometheus-text.ts";

test("figures are written as Prometheus reads them, with labels escaped", () => {
  const text = renderMetrics([
    { name: "a_total", help: "One.\nTwo.", type: "counter", samples: [{ value: 3 }] },
    {
      name: "b",
      help: "b",
      type: "gauge",
      samples: [{ labels: { q: 'x"\\\ny' }, value: Number.POSITIVE_INFINITY }],
    },
  ]);
  assert.equal(
    text,
    '# HELP a_total One.\\nTwo.\n# TYPE a_total counter\na_total 3\n# HELP b b\n# TYPE b gauge\nb{q="x\\"\\\\\\ny"} +Inf\n',
  );
});

test("a histogram's buckets each count all up to their end", () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0.5, 1, 1.5, 7]) histogram.observe(value);
  assert.deepEqual(
    histogram.samples().map(({ value }) => value),
    [2, 3, 4, 10, 4],
  );
});
