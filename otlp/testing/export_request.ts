/** Test data: a model of ExportLogsServiceRequest, and its two encodings. Nothing of this runs in the product. */
import { ProtoWriter } from "../proto_writer.ts";

export type Value =
  | { kind: "unset" }
  | { kind: "string"; value: string }
  | { kind: "bool"; value: boolean }
  | { kind: "int"; value: bigint }
  | { kind: "double"; value: number }
  | { kind: "bytes"; value: Uint8Array }
  | { kind: "array"; value: Value[] }
  | { kind: "kvlist"; value: Attribute[] };

export type Attribute = readonly [key: string, value: Value];

export interface LogData {
  time?: bigint;
  observed?: bigint;
  severityNumber?: number;
  severityText?: string;
  body?: Value;
  attributes?: Attribute[];
  dropped?: number;
  flags?: number;
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  eventName?: string;
}

export interface ScopeData {
  name?: string;
  version?: string;
  attributes?: Attribute[];
  dropped?: number;
  schemaUrl?: string;
  logs: LogData[];
}

export interface ResourceData {
  attributes?: Attribute[];
  dropped?: number;
  schemaUrl?: string;
  scopes: ScopeData[];
}

/** A writer with the two fixed-width wire types, which answers to exporters do not need. */
class Message extends ProtoWriter {
  fixed64(field: number, value: bigint): this {
    return this.#fixed((field << 3) | 1, new BigUint64Array([value]).buffer);
  }
  fixed32(field: number, value: number): this {
    return this.#fixed((field << 3) | 5, new Uint32Array([value]).buffer);
  }
  double(field: number, value: number): this {
    return this.#fixed((field << 3) | 1, new Float64Array([value]).buffer);
  }
  #fixed(tag: number, value: ArrayBuffer): this {
    return this.raw([tag, ...new Uint8Array(value)]);
  }
}

export function encodeProto(resources: readonly ResourceData[]): Uint8Array {
  const request = new Message();
  for (const resource of resources) {
    const group = new Message();
    const described = new Message();
    attributes(described, 1, resource.attributes);
    if (resource.dropped !== undefined) described.varint(2, resource.dropped);
    if (resource.attributes !== undefined || resource.dropped !== undefined) group.message(1, described);
    for (const scope of resource.scopes) group.message(2, protoScope(scope));
    if (resource.schemaUrl !== undefined) group.text(3, resource.schemaUrl);
    request.message(1, group);
  }
  return request.finish();
}

function protoScope(scope: ScopeData): Message {
  const group = new Message();
  const described = new Message();
  if (scope.name !== undefined) described.text(1, scope.name);
  if (scope.version !== undefined) described.text(2, scope.version);
  attributes(described, 3, scope.attributes);
  if (scope.dropped !== undefined) described.varint(4, scope.dropped);
  group.message(1, described);
  for (const log of scope.logs) group.message(2, protoLog(log));
  if (scope.schemaUrl !== undefined) group.text(3, scope.schemaUrl);
  return group;
}

function protoLog(log: LogData): Message {
  const record = new Message();
  if (log.time !== undefined) record.fixed64(1, log.time);
  if (log.severityNumber !== undefined) record.varint(2, log.severityNumber);
  if (log.severityText !== undefined) record.text(3, log.severityText);
  if (log.body !== undefined) record.message(5, protoValue(log.body));
  attributes(record, 6, log.attributes);
  if (log.dropped !== undefined) record.varint(7, log.dropped);
  if (log.flags !== undefined) record.fixed32(8, log.flags);
  if (log.traceId !== undefined) record.bytes(9, log.traceId);
  if (log.spanId !== undefined) record.bytes(10, log.spanId);
  if (log.observed !== undefined) record.fixed64(11, log.observed);
  if (log.eventName !== undefined) record.text(12, log.eventName);
  return record;
}

function attributes(message: Message, field: number, list: readonly Attribute[] = []): void {
  for (const [key, value] of list) message.message(field, new Message().text(1, key).message(2, protoValue(value)));
}

export function protoValue(value: Value): Message {
  const message = new Message();
  switch (value.kind) {
    case "unset":
      return message;
    case "string":
      return message.text(1, value.value);
    case "bool":
      return message.varint(2, value.value ? 1 : 0);
    case "int":
      return message.varint(3, value.value);
    case "double":
      return message.double(4, value.value);
    case "array": {
      const array = new Message();
      for (const each of value.value) array.message(1, protoValue(each));
      return message.message(5, array);
    }
    case "kvlist": {
      const list = new Message();
      attributes(list, 1, value.value);
      return message.message(6, list);
    }
    case "bytes":
      return message.bytes(7, value.value);
  }
}

export function encodeJson(resources: readonly ResourceData[]): string {
  return json({
    resourceLogs: resources.map((resource) => ({
      resource: { attributes: jsonAttributes(resource.attributes), droppedAttributesCount: resource.dropped },
      scopeLogs: resource.scopes.map((scope) => ({
        scope: {
          name: scope.name,
          version: scope.version,
          attributes: jsonAttributes(scope.attributes),
          droppedAttributesCount: scope.dropped,
        },
        logRecords: scope.logs.map(jsonLog),
        schemaUrl: scope.schemaUrl,
      })),
      schemaUrl: resource.schemaUrl,
    })),
  });
}

function jsonLog(log: LogData): unknown {
  return {
    timeUnixNano: log.time,
    observedTimeUnixNano: log.observed === undefined ? undefined : String(log.observed),
    severityNumber: log.severityNumber,
    severityText: log.severityText,
    body: log.body && jsonValue(log.body),
    attributes: jsonAttributes(log.attributes),
    droppedAttributesCount: log.dropped,
    flags: log.flags,
    traceId: log.traceId && hex(log.traceId).toUpperCase(),
    spanId: log.spanId && hex(log.spanId),
    eventName: log.eventName,
  };
}

function jsonAttributes(list?: readonly Attribute[]): unknown {
  return list?.map(([key, value]) => ({ key, value: jsonValue(value) }));
}

function jsonValue(value: Value): unknown {
  switch (value.kind) {
    case "unset":
      return {};
    case "string":
      return { stringValue: value.value };
    case "bool":
      return { boolValue: value.value };
    case "int":
      // Both forms are allowed.
      return { intValue: value.value % 2n === 0n ? String(value.value) : value.value };
    case "double":
      return { doubleValue: Number.isFinite(value.value) ? value.value : String(value.value) };
    case "bytes":
      return { bytesValue: btoa(String.fromCharCode(...value.value)) };
    case "array":
      return { arrayValue: { values: value.value.map(jsonValue) } };
    case "kvlist":
      return { kvlistValue: { values: jsonAttributes(value.value) } };
  }
}

/** JSON.stringify with integers of any size, and −0. */
function json(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Object.is(value, -0)) return "-0";
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, each]) => each !== undefined);
    return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${json(each)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
