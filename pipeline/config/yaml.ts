/**
 * YAML 1.2 as another spelling of JSON: one document of mappings with text keys, lists, texts, numbers, booleans and
 * null. Tags of an application's own, other YAML versions, merge keys, repeated keys, infinities and several documents
 * are refused. Anchors may be reused a few times; what a document expands to, its depth and its size are bounded, so
 * small texts never become large values. Errors tell line and column and never repeat the text.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { childOf, pathKeys, type Place } from "./yaml_place.ts";

/** Longest text in characters. The parser reads a hostile text of this length in less than a second. */
export const YAML_LIMIT = 262_144;
const DEEPEST = 100;
/** Values in the document, those behind aliases counted at every use. */
const MOST_VALUES = 100_000;
const MOST_ALIASES = 1_000;

/** A text is not YAML that stands for JSON. */
export class YamlError extends Error {
  override readonly name = "YamlError";
  /** Counted from 1. */
  constructor(reason: string, readonly line: number, readonly column: number) {
    super(reason);
  }
}

/** What a YAML text stands for, and where in it things are. */
export interface YamlDocument {
  readonly value: unknown;
  /** Place of `body.sink.mapping[0].name`, or of the nearest part of that path that is there. */
  placeOf(path: string): Place;
}

/** @throws {YamlError} */
export function parseYaml(text: string): YamlDocument {
  if (text.length > YAML_LIMIT) throw new YamlError(`expected YAML of at most ${YAML_LIMIT} characters`, 1, 1);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    strict: true,
    stringKeys: true,
    merge: false,
    resolveKnownTags: false,
    customTags: null,
    uniqueKeys: false, // checked below: the parser compares every pair
    logLevel: "error", // "silent" would also hide that there are several documents
    prettyErrors: false, // they quote the text
    lineCounter: lines,
  });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [error] = document.errors;
  if (error !== undefined) throw errorAt(REASONS[error.code] ?? "expected valid YAML", at(error.pos[0]));
  const value = new Reader(at).read(document);
  return {
    value,
    placeOf: (path) => {
      let node: unknown = document.contents;
      let offset = startOf(node);
      for (const key of pathKeys(path)) {
        const child: { node: unknown; keyNode: unknown } | undefined = childOf(node, key);
        if (child === undefined) break;
        node = child.node;
        offset = startOf(child.keyNode) ?? startOf(node) ?? offset;
      }
      return at(offset ?? 0);
    },
  };
}

function errorAt(reason: string, { line, column }: Place): YamlError {
  return new YamlError(reason, line, column);
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

/** Turns nodes into values. */
class Reader {
  private values = 0;
  private aliases = 0;
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();

  constructor(private readonly at: (offset: number) => Place) {}

  read(document: Document.Parsed): unknown {
    const { yaml } = document.directives;
    if (yaml.explicit && yaml.version !== "1.2") throw new YamlError("expected YAML version 1.2", 1, 1);
    return document.contents === null ? null : this.value(document.contents, 0);
  }

  private value(node: unknown, depth: number): unknown {
    const fail = (reason: string) => errorAt(reason, this.at(startOf(node) ?? 0));
    if (node === null || node === undefined) return null;
    if (++this.values > MOST_VALUES) throw fail(`expected at most ${MOST_VALUES} values`);
    if (depth > DEEPEST) throw fail(`expected at most ${DEEPEST} levels`);
    if (isAlias(node)) {
      const target = this.anchors.get(node.source);
      if (target === undefined) throw fail("alias of an anchor that is not defined before it");
      if (this.open.has(target)) throw fail("alias inside of what it stands for");
      if (++this.aliases > MOST_ALIASES) throw fail(`expected at most ${MOST_ALIASES} aliases`);
      return this.value(target, depth);
    }
    if (hasOwnTag(node)) throw fail("tags are not supported; remove it");
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.anchors.set(anchor, node as Node);
    if (isScalar(node)) {
      const { value } = node;
      if (typeof value === "number" && !Number.isFinite(value)) throw fail("expected a finite number");
      return value;
    }
    this.open.add(node as Node);
    const value = isSeq(node)
      ? node.items.map((item) => this.value(item, depth + 1))
      : isMap(node)
      ? this.mapping(node.items, depth)
      : null;
    this.open.delete(node as Node);
    return value;
  }

  private mapping(items: readonly { key: unknown; value: unknown }[], depth: number): unknown {
    const names = new Set<string>();
    const out: Record<string, unknown> = {};
    for (const { key, value } of items) {
      const fail = (reason: string) => errorAt(reason, this.at(startOf(key) ?? startOf(value) ?? 0));
      if (hasOwnTag(key)) throw fail("tags are not supported; remove it");
      if (!isScalar(key) || typeof key.value !== "string") throw fail("expected a text as key");
      if (key.value === "<<") throw fail("merge keys are not supported; repeat the properties");
      if (names.has(key.value)) throw fail("the same key twice in one mapping; remove one");
      names.add(key.value);
      // Assignment would change the prototype when the key is __proto__.
      Object.defineProperty(out, key.value, {
        value: this.value(value, depth + 1),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return out;
  }
}

const STANDARD_TAGS: ReadonlySet<string> = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);

function hasOwnTag(node: unknown): boolean {
  const tag = (node as { tag?: string } | null)?.tag;
  return tag !== undefined && tag !== "!" && !STANDARD_TAGS.has(tag);
}

/** What the parser's findings mean; its own messages quote the text. */
const REASONS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias takes no anchor and no tag",
  BAD_ALIAS: "an alias or anchor needs a name",
  BAD_COLLECTION_TYPE: "the tag does not fit what follows it",
  BAD_DIRECTIVE: "directives are not supported; remove the line",
  BAD_DQ_ESCAPE: "unknown escape sequence in double quotes; use single quotes or write \\\\",
  BAD_INDENT: "the indentation does not fit the lines before it",
  BAD_PROP_ORDER: "an anchor or tag comes before its value",
  BAD_SCALAR_START: "a text that starts with this character needs quotes",
  BLOCK_AS_IMPLICIT_KEY: "a second mapping on the same line; put it on its own line, or the text in quotes",
  BLOCK_IN_FLOW: "block lists and texts are not allowed inside brackets",
  DUPLICATE_KEY: "the same key twice in one mapping; remove one",
  IMPOSSIBLE: "expected valid YAML",
  KEY_OVER_1024_CHARS: "a key is longer than 1024 characters",
  MISSING_CHAR: "a colon, comma, quote, bracket or space is missing",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line; is a colon missing, or quotes around the text?",
  MULTIPLE_ANCHORS: "a value takes one anchor",
  MULTIPLE_DOCS: "expected one document",
  MULTIPLE_TAGS: "a value takes one tag",
  NON_STRING_KEY: "expected a text as key",
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAB_AS_INDENT: "indent with spaces, not with tabs",
  TAG_RESOLVE_FAILED: "tags are not supported; remove it",
  UNEXPECTED_TOKEN: "a token that does not fit here",
};
