/** Protobuf schemas: `.proto` text → message types with every name resolved. Messages may contain themselves. */
import protobuf from "protobufjs";
import { SchemaError } from "../errors.ts";

/** How a scalar lies in a record. */
export type Scalar = keyof typeof WIRE_TYPES;

export type ProtoType =
  | { readonly kind: "scalar"; readonly scalar: Scalar }
  | { readonly kind: "enum"; readonly names: ReadonlyMap<number, string> }
  | { readonly kind: "message"; readonly message: ProtoMessage };

export interface ProtoField {
  readonly number: number;
  readonly name: string;
  readonly type: ProtoType;
  readonly repeated: boolean;
  /** Of a map: `type` is that of its values. */
  readonly key: Scalar | null;
  /** Whether "absent" is something else than the type's zero. */
  readonly presence: boolean;
  readonly required: boolean;
}

export interface ProtoMessage {
  /** Full name, without a dot in front. */
  readonly name: string;
  readonly fields: ProtoField[];
}

export interface ProtoFile {
  /** By full name. */
  readonly messages: ReadonlyMap<string, ProtoMessage>;
  /** Names of the messages in the file's order, each with those inside of it: what a record's path leads through. */
  readonly order: readonly MessagePlace[];
}

export interface MessagePlace {
  readonly name: string;
  readonly inside: readonly MessagePlace[];
}

export const WIRE_TYPES = {
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  float: 5,
  fixed32: 5,
  sfixed32: 5,
  int32: 0,
  int64: 0,
  uint32: 0,
  uint64: 0,
  sint32: 0,
  sint64: 0,
  bool: 0,
  string: 2,
  bytes: 2,
} as const;

/** `references`: the files it imports. @throws {SchemaError} */
export function parseProto(
  text: string,
  references: readonly { readonly name: string; readonly text: string }[] = [],
): ProtoFile {
  const root = new protobuf.Root();
  const own = parse(text, new protobuf.Root());
  const seen = new Set<string>();
  const add = (names: readonly string[]) => {
    for (const name of names) {
      if (seen.has(name)) continue;
      seen.add(name);
      const given = references.find((each) => each.name === name);
      if (given) add(importsOf(parse(given.text, root)));
      else {
        const known = protobuf.common.get(name);
        if (!known) {
          throw new SchemaError(`the Protobuf schema imports ${name}, which is not there: put it into the file`);
        }
        root.addJSON(known.nested ?? {});
      }
    }
  };
  add(importsOf(own));
  parse(text, root);
  try {
    root.resolveAll();
  } catch (error) {
    throw new SchemaError(`the Protobuf schema cannot be resolved: ${error instanceof Error ? error.message : ""}`);
  }
  const messages = new Map<string, ProtoMessage>();
  const order = placesOf(own.root.nestedArray.flatMap(insidePackage));
  const note = (places: readonly MessagePlace[]) => {
    for (const { name, inside } of places) {
      messageOf(root.lookupType(name), messages);
      note(inside);
    }
  };
  note(order);
  return { messages, order };
}

function parse(text: string, root: protobuf.Root): protobuf.IParserResult {
  try {
    return protobuf.parse(text, root, { keepCase: true });
  } catch (error) {
    throw new SchemaError(`the Protobuf schema is not valid: ${error instanceof Error ? error.message : ""}`);
  }
}

const importsOf = ({ imports, weakImports }: protobuf.IParserResult): string[] => [
  ...imports ?? [],
  ...weakImports ?? [],
];

/** What a file defines stands inside of its package. */
function insidePackage(found: protobuf.ReflectionObject): protobuf.ReflectionObject[] {
  if (found instanceof protobuf.Type || !(found instanceof protobuf.Namespace)) return [found];
  return found.nestedArray.flatMap(insidePackage);
}

function placesOf(found: readonly protobuf.ReflectionObject[]): MessagePlace[] {
  return found.filter((each) => each instanceof protobuf.Type).map((type) => ({
    name: type.fullName.slice(1),
    inside: placesOf(type.nestedArray),
  }));
}

function messageOf(type: protobuf.Type, made: Map<string, ProtoMessage>): ProtoMessage {
  const name = type.fullName.slice(1);
  const known = made.get(name);
  if (known) return known;
  const message: ProtoMessage = { name, fields: [] };
  made.set(name, message);
  for (const field of type.fieldsArray) {
    field.resolve();
    message.fields.push({
      number: field.id,
      name: field.name,
      type: typeOf(field, made),
      repeated: field.repeated,
      key: field instanceof protobuf.MapField ? scalarOf(field.keyType) : null,
      presence: !field.repeated && !field.map &&
        (field.resolvedType instanceof protobuf.Type || field.hasPresence === true || Boolean(field.partOf)),
      required: field.required,
    });
  }
  return message;
}

function typeOf(field: protobuf.Field, made: Map<string, ProtoMessage>): ProtoType {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return { kind: "message", message: messageOf(resolvedType, made) };
  if (resolvedType instanceof protobuf.Enum) {
    return { kind: "enum", names: new Map(Object.entries(resolvedType.values).map(([name, value]) => [value, name])) };
  }
  return { kind: "scalar", scalar: scalarOf(field.type) };
}

function scalarOf(name: string): Scalar {
  if (Object.hasOwn(WIRE_TYPES, name)) return name as Scalar;
  throw new SchemaError(`the Protobuf schema uses the type ${JSON.stringify(name.slice(0, 100))} without defining it`);
}
