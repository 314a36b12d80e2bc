/** Frozen baseline: a generic protobuf decoder that follows a description of the messages and makes objects. */

type Kind = "text" | "varint" | "fixed64" | "fixed32" | "double" | "bool" | "hex" | Message;

interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly repeated?: boolean;
}

interface Message {
  readonly fields: Readonly<Record<number, Field>>;
}

const value: { fields: Record<number, Field> } = { fields: {} };
const keyValue: Message = { fields: { 1: { name: "key", kind: "text" }, 2: { name: "value", kind: value } } };
Object.assign(value.fields, {
  1: { name: "stringValue", kind: "text" },
  2: { name: "boolValue", kind: "bool" },
  3: { name: "intValue", kind: "varint" },
  4: { name: "doubleValue", kind: "double" },
  5: { name: "arrayValue", kind: { fields: { 1: { name: "values", kind: value, repeated: true } } } },
  6: { name: "kvlistValue", kind: { fields: { 1: { name: "values", kind: keyValue, repeated: true } } } },
  7: { name: "bytesValue", kind: "hex" },
});
const attributes = (): Field => ({ name: "attributes", kind: keyValue, repeated: true });
const record: Message = {
  fields: {
    1: { name: "timeUnixNano", kind: "fixed64" },
    2: { name: "severityNumber", kind: "varint" },
    3: { name: "severityText", kind: "text" },
    5: { name: "body", kind: value },
    6: attributes(),
    7: { name: "droppedAttributesCount", kind: "varint" },
    8: { name: "flags", kind: "fixed32" },
    9: { name: "traceId", kind: "hex" },
    10: { name: "spanId", kind: "hex" },
    11: { name: "observedTimeUnixNano", kind: "fixed64" },
  },
};
const scopeLogs: Message = {
  fields: {
    1: {
      name: "scope",
      kind: { fields: { 1: { name: "name", kind: "text" }, 2: { name: "version", kind: "text" }, 3: attributes() } },
    },
    2: { name: "logRecords", kind: record, repeated: true },
  },
};
const exportLogs: Message = {
  fields: {
    1: {
      name: "resourceLogs",
      kind: {
        fields: {
          1: { name: "resource", kind: { fields: { 1: attributes() } } },
          2: { name: "scopeLogs", kind: scopeLogs, repeated: true },
        },
      },
      repeated: true,
    },
  },
};

export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
}

export interface Attribute {
  readonly key: string;
  readonly value: AnyValue;
}

export interface LogRecordObject {
  readonly timeUnixNano: bigint | string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AnyValue;
  readonly attributes: readonly Attribute[];
  readonly traceId: string;
  readonly spanId: string;
  readonly observedTimeUnixNano: bigint | string;
}

export interface ExportObject {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeLogs: readonly {
      readonly scope: { readonly name: string };
      readonly logRecords: readonly LogRecordObject[];
    }[];
  }[];
}

export function decodeExport(bytes: Uint8Array): ExportObject {
  return new Reader(bytes).message(exportLogs, bytes.length) as unknown as ExportObject;
}

class Reader {
  readonly #view: DataView;
  readonly #decoder = new TextDecoder();
  #at = 0;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  message({ fields }: Message, end: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    while (this.#at < end) {
      const tag = this.#varint();
      const field = fields[tag >>> 3];
      const read = this.#value(tag & 7, field?.kind);
      if (field === undefined) continue;
      if (field.repeated) ((out[field.name] ??= []) as unknown[]).push(read);
      else out[field.name] = read;
    }
    return out;
  }

  #value(wireType: number, kind: Kind | undefined): unknown {
    switch (wireType) {
      case 0: {
        const number = this.#varint();
        return kind === "bool" ? number !== 0 : number;
      }
      case 1: {
        const at = this.#at;
        this.#at += 8;
        return kind === "double" ? this.#view.getFloat64(at, true) : this.#view.getBigUint64(at, true);
      }
      case 5:
        this.#at += 4;
        return this.#view.getUint32(this.#at - 4, true);
      case 2: {
        const length = this.#varint(), start = this.#at, end = start + length;
        if (typeof kind === "object") return this.message(kind, end);
        this.#at = end;
        const slice = this.bytes.subarray(start, end);
        return kind === "text" ? this.#decoder.decode(slice) : kind === "hex" ? slice.toHex() : undefined;
      }
      default:
        throw new RangeError(`wire type ${wireType}`);
    }
  }

  #varint(): number {
    let result = 0, factor = 1;
    for (;;) {
      const byte = this.bytes[this.#at++];
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) return result;
      factor *= 0x80;
    }
  }
}
