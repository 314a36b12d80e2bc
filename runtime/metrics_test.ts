import assert from "node:assert/strict";
import { mergeExpositions, Metrics } from "./metrics.ts";

Deno.test("counters, gauges and histograms render with constant labels, escaped", () => {
  const metrics = new Metrics({ pipeline_id: 'a"b\\c\nd' });
  const counter = metrics.counter("gfm_rows_total", "Rows");
  counter.add(2, { stage: "sink" });
  counter.add(3, { stage: "sink" });
  metrics.gauge("gfm_lag", "Lag").set(7);
  const histogram = metrics.histogram("gfm_seconds", "Seconds", [1, 5]);
  for (const value of [0.5, 1, 3, 9]) histogram.observe(value);
  const id = 'pipeline_id="a\\"b\\\\c\\nd"';
  assert.equal(
    metrics.render(),
    [
      "# HELP gfm_rows_total Rows",
      "# TYPE gfm_rows_total counter",
      `gfm_rows_total{${id},stage="sink"} 5`,
      "# HELP gfm_lag Lag",
      "# TYPE gfm_lag gauge",
      `gfm_lag{${id}} 7`,
      "# HELP gfm_seconds Seconds",
      "# TYPE gfm_seconds histogram",
      `gfm_seconds_bucket{${id},le="1"} 2`,
      `gfm_seconds_bucket{${id},le="5"} 3`,
      `gfm_seconds_bucket{${id},le="+Inf"} 4`,
      `gfm_seconds_sum{${id}} 13.5`,
      `gfm_seconds_count{${id}} 4`,
      "",
    ].join("\n"),
  );
});

Deno.test("a name asked for again is the same family", () => {
  const metrics = new Metrics();
  metrics.counter("x_total", "X").add(1);
  metrics.counter("x_total", "X").add(1);
  assert.match(metrics.render(), /^x_total 2$/m);
});

Deno.test("expositions of several processes become one, each family once", () => {
  const one = new Metrics({ replica: "0" });
  const two = new Metrics({ replica: "1" });
  for (const metrics of [one, two]) metrics.counter("gfm_rows_total", "Rows").add(1);
  two.gauge("gfm_lag", "Lag").set(3);
  assert.equal(
    mergeExpositions([one.render(), two.render()]),
    [
      "# HELP gfm_rows_total Rows",
      "# TYPE gfm_rows_total counter",
      'gfm_rows_total{replica="0"} 1',
      'gfm_rows_total{replica="1"} 1',
      "# HELP gfm_lag Lag",
      "# TYPE gfm_lag gauge",
      'gfm_lag{replica="1"} 3',
      "",
    ].join("\n"),
  );
});
