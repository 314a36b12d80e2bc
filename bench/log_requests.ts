/**
 * OTLP log export requests to measure with: 1 000 varied records of about 420 bytes (protobuf) from ten services, as
 * protobuf and as JSON. The same seed gives the same requests.
 */
import { ProtoBuffer } from "./proto_buffer.ts";
import { Random } from "./random.ts";

export const RECORDS_PER_REQUEST = 1_000;
/** Protobuf bytes of a request for each of its records, on average. */
export const MEAN_RECORD_BYTES = 420;

export type AttributeValue = string | number | boolean;
type Attributes = Readonly<Record<string, AttributeValue>>;

export interface LogEvent {
  readonly eventId: string;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly attributes: Attributes;
  readonly traceId: string;
  readonly spanId: string;
}

export interface LogGroup {
  readonly resource: Attributes;
  readonly scope: string;
  readonly events: readonly LogEvent[];
}

const SERVICES = 10;
const FIRST_MS = 1_767_225_600_000;
const SEVERITIES = [[5, "DEBUG"], [9, "INFO"], [9, "INFO"], [9, "INFO"], [13, "WARN"], [17, "ERROR"]] as const;

/** Requests without end; every event id is new. */
export function* logRequests(seed: number): Generator<LogGroup[], never> {
  const random = new Random(seed);
  for (let request = 0;; request++) {
    yield Array.from({ length: SERVICES }, (_, service) => ({
      resource: {
        "service.name": `svc-${service}`,
        "service.version": `1.${service}.${random.below(20)}`,
        "host.name": `node-${random.below(200)}.example`,
        "deployment.environment": random.pick(["prod", "stage"]),
      },
      scope: "bench.logs",
      events: Array.from({ length: RECORDS_PER_REQUEST / SERVICES }, () => logEvent(random, request)),
    }));
  }
}

function logEvent(random: Random, request: number): LogEvent {
  const [severityNumber, severityText] = random.pick(SEVERITIES);
  const eventId = random.uuid();
  const attributes: Record<string, AttributeValue> = {
    event_id: eventId,
    "http.method": random.pick(["GET", "POST", "PUT", "DELETE"]),
    "http.route": `/api/v1/${random.word()}/${random.below(100_000)}`,
    "http.status_code": random.pick([200, 200, 200, 204, 404, 500]),
    "duration.ms": random.below(1_000_000) / 1_000,
    "user.id": String(random.below(1_000_000)),
  };
  // Not every record looks the same: some carry more.
  if (random.below(4) === 0) attributes["cache.hit"] = random.below(2) === 0;
  if (random.below(8) === 0) attributes["error.message"] = `could not ${random.words(random.between(20, 60))} "twice"`;
  return {
    eventId,
    time: BigInt(FIRST_MS + request) * 1_000_000n + BigInt(random.below(1_000_000)),
    severityNumber,
    severityText,
    body: random.words(random.between(80, 238)),
    attributes,
    traceId: random.hex(32),
    spanId: random.hex(16),
  };
}

/** ExportLogsServiceRequest: https://github.com/open-telemetry/opentelemetry-proto */
export function encodeProtobuf(groups: readonly LogGroup[]): Uint8Array<ArrayBuffer> {
  const out = new ProtoBuffer();
  for (const { resource, scope, events } of groups) {
    const resourceLogs = out.begin(1);
    const described = out.begin(1);
    putAttributes(out, 1, resource);
    out.end(described);
    const scopeLogs = out.begin(2);
    const named = out.begin(1);
    out.text(1, scope);
    out.end(named);
    for (const event of events) putRecord(out, event);
    out.end(scopeLogs);
    out.end(resourceLogs);
  }
  return out.finish();
}

function putRecord(out: ProtoBuffer, event: LogEvent): void {
  const record = out.begin(2);
  out.fixed64(1, event.time);
  out.varint(2, event.severityNumber);
  out.text(3, event.severityText);
  const body = out.begin(5);
  out.text(1, event.body);
  out.end(body);
  putAttributes(out, 6, event.attributes);
  out.bytes(9, Uint8Array.fromHex(event.traceId));
  out.bytes(10, Uint8Array.fromHex(event.spanId));
  out.fixed64(11, event.time + 1_500_000n);
  out.end(record);
}

function putAttributes(out: ProtoBuffer, field: number, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    const attribute = out.begin(field);
    out.text(1, key);
    const wrapped = out.begin(2);
    if (typeof value === "string") out.text(1, value);
    else if (typeof value === "boolean") out.varint(2, value ? 1 : 0);
    else if (Number.isInteger(value)) out.varint(3, value);
    else out.double(4, value);
    out.end(wrapped);
    out.end(attribute);
  }
}

/** The same request in OTLP's JSON. */
export function encodeJson(groups: readonly LogGroup[]): Uint8Array<ArrayBuffer> {
  const request = {
    resourceLogs: groups.map(({ resource, scope, events }) => ({
      resource: { attributes: jsonAttributes(resource) },
      scopeLogs: [{
        scope: { name: scope },
        logRecords: events.map((event) => ({
          timeUnixNano: String(event.time),
          severityNumber: event.severityNumber,
          severityText: event.severityText,
          body: { stringValue: event.body },
          attributes: jsonAttributes(event.attributes),
          traceId: event.traceId,
          spanId: event.spanId,
          observedTimeUnixNano: String(event.time + 1_500_000n),
        })),
      }],
    })),
  };
  return new TextEncoder().encode(JSON.stringify(request));
}

function jsonAttributes(attributes: Attributes): unknown {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: jsonValue(value) }));
}

function jsonValue(value: AttributeValue): unknown {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
