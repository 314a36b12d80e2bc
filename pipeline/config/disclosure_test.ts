/** Errors never disclose what a body holds: secrets in no error at all, values in no error about the shape. */
import { strict as assert } from "node:assert";
import fc from "fast-check";
import { ConfigError } from "./config_error.ts";
import { parsePipelineConfig } from "./parse.ts";
import { type Body, kafkaBody, kafkaSource, otlpBody, sink } from "./sample_configs.ts";

const MARK = "zqx";
const marked = (text: string) => `${MARK}-${text}`;

/** A valid body in which every value that is not a name carries the mark. */
function markedBody(): Body {
  const resources = { nats: { stream: { maxAge: "24h" } }, sink: { replicas: 2, requests: { cpu: "100m" } } };
  return kafkaBody({
    sources: [kafkaSource("orders", {
      topic: marked("topic"),
      connection_params: {
        brokers: [marked("broker")],
        protocol: "SASL_SSL",
        mechanism: "PLAIN",
        username: marked("user"),
        password: marked("password"),
        client_key: marked("key"),
        kerberos_keytab: marked("keytab"),
        oauth_client_secret: marked("oauth"),
        aws_secret_access_key: marked("aws"),
        aws_session_token: marked("session"),
      },
      schema_registry: { url: `https://${marked("url")}`, api_key: marked("api"), api_secret: marked("secret") },
      schema_version: "1",
    })],
    transforms: [
      { type: "filter", source_id: "orders", config: { expression: marked("expression") } },
      { type: "dedup", source_id: "orders", config: { key: "order_id", time_window: "1h" } },
    ],
    sink: sink({
      table: marked("table"),
      connection_params: {
        host: marked("host"),
        port: "9000",
        http_port: "",
        database: marked("database"),
        username: marked("user"),
        password: marked("password"),
        secure: true,
      },
    }),
    resources,
  });
}

type Path = (string | number)[];

function places(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...at, key]))];
}

function replaced(value: unknown, at: Path, change: (value: unknown) => unknown): unknown {
  if (at.length === 0) return change(value);
  const [key, ...rest] = at;
  const copy: Body = Array.isArray(value) ? [...value] as unknown as Body : { ...value as Body };
  copy[key] = replaced(copy[key], rest, change);
  if (copy[key] === undefined) delete copy[key];
  return copy;
}

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, 0, -1, 1.5, true, "", " ", [], {}, [null], undefined),
  fc.constant({ [marked("name of property!")]: marked("junk"), other: marked("junk") }),
  fc.constant([marked("junk")]),
);

function everythingSaid(error: ConfigError): string {
  return JSON.stringify([
    error.message,
    error.details,
    error.issues,
    error.toBody(),
    String(error.stack).slice(0, 500),
  ]);
}

Deno.test("no marked value in any error, wherever the body is damaged", () => {
  const body = markedBody();
  parsePipelineConfig(body);
  const all = places(body);
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...all), junk, fc.boolean(), (at, value, add) => {
      const damaged = replaced(body, at, (before) => {
        return add && typeof before === "object" && !Array.isArray(before) ? { ...before, extra: value } : value;
      });
      try {
        parsePipelineConfig(damaged);
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        assert.equal(everythingSaid(error).includes(MARK), false, everythingSaid(error));
        refused++;
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(refused > 500);
});

Deno.test("a shape error repeats no value of any type", () => {
  const body = otlpBody();
  for (const at of places(body)) {
    for (const value of [[marked("junk")], { [`${marked("a b")}`]: marked("junk") }, marked("junk"), 31337]) {
      try {
        parsePipelineConfig(replaced(body, at, () => value));
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        if (error.code === "") assert.equal(/zqx|31337/.test(everythingSaid(error)), false, error.message);
      }
    }
  }
});

Deno.test("any JSON at all gives a configuration or a ConfigError", () => {
  fc.assert(fc.property(fc.json(), (text) => {
    assert.throws(() => parsePipelineConfig(JSON.parse(text)), ConfigError);
  }));
});
