/**
 * What the server must know about a statement before it gives it to the engine: whether data follows it, whether it
 * names server files, kills queries, or lists the running ones. Everything else is the engine's to judge.
 *
 * Text is Latin-1 (one character per byte); parts that go on to the engine are decoded by the caller.
 */
import { isWord, nameOf, type Token, tokens } from "./tokens.ts";

export type Statement = InsertData | Kill | Plain;

/** `INSERT INTO … [SETTINGS …] FORMAT X` or `… VALUES`: the rows follow, in the statement or in the request's body. */
export interface InsertData {
  readonly kind: "insert";
  /** Up to SETTINGS, FORMAT or VALUES. */
  readonly target: string;
  /** `SETTINGS …`, or empty. */
  readonly settings: string;
  readonly format: string;
  /** Where the data begins in the statement's text. */
  readonly dataStart: number;
}

/** `KILL QUERY WHERE …`. */
export interface Kill {
  readonly kind: "kill";
  readonly condition: string;
  readonly mode: "sync" | "async" | "test";
  readonly format?: string;
  /** String literals of the condition, unquoted: query ids, in practice. */
  readonly literals: readonly string[];
}

export interface Plain {
  readonly kind: "plain";
  readonly text: string;
  /** The FORMAT the statement asks for. */
  readonly format?: string;
  /** Changes nothing: may be sent with GET. */
  readonly readOnly: boolean;
  /** Positions of `system.processes` as a table, to be replaced by the server's own view of it. */
  readonly processes: readonly { readonly start: number; readonly end: number }[];
}

/** The statement cannot be run by this server; `code` and `type` are ClickHouse's. */
export class StatementRefused extends Error {
  override readonly name = "StatementRefused";
  readonly code: number;
  readonly type: string;
  constructor(code: number, type: string, message: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
}

const READ_ONLY = new Set([
  "SELECT",
  "WITH",
  "SHOW",
  "DESCRIBE",
  "DESC",
  "EXISTS",
  "EXPLAIN",
  "CHECK",
  "VALUES",
  "FROM",
]);

export function readStatement(text: string): Statement {
  const scan = tokens(text);
  const first = scan.next().value ?? undefined;
  if (first === undefined) throw new StatementRefused(62, "SYNTAX_ERROR", "Syntax error: Empty query");
  if (isWord(first, "INSERT")) {
    const insert = readInsert(text, scan);
    if (insert !== undefined) return insert;
  }
  const all = oneStatement(text);
  if (isWord(all[0], "KILL") && isWord(all[1], "QUERY")) return readKill(text, all);
  return readPlain(text, all);
}

/** Undefined for `INSERT … SELECT` and for what is not a full INSERT. */
function readInsert(text: string, scan: Generator<Token, void, undefined>): InsertData | undefined {
  let settingsStart = -1;
  let previous: Token | undefined;
  let named = false;
  for (const token of scan) {
    const before = previous;
    previous = token;
    if (token.depth > 0) {
      if (isWord(token, "SELECT") && before?.text === "(" && token.depth === 1 && settingsStart < 0) return undefined;
      continue;
    }
    if (token.kind !== "word") {
      named ||= token.kind === "name";
      continue;
    }
    const word = token.text.toUpperCase();
    if (!named) {
      // INTO, TABLE and FUNCTION come before the name; the name itself may be any word.
      if (word === "INTO" || ((word === "TABLE" || word === "FUNCTION") && isWordOf(before, "INTO", "TABLE"))) continue;
      named = true;
      continue;
    }
    if (before?.text === ".") continue;
    if (word === "SELECT" || word === "WITH") return undefined;
    if (word === "INFILE" && isWord(before, "FROM")) throw serverFile("FROM INFILE");
    if (word === "SETTINGS" && settingsStart < 0) settingsStart = token.start;
    if (word === "VALUES" || word === "FORMAT") {
      let end = token.end;
      let format = "Values";
      if (word === "FORMAT") {
        const name = scan.next().value;
        if (!name || name.kind !== "word") return undefined;
        format = name.text;
        end = afterFormat(text, name.end);
      }
      const targetEnd = settingsStart < 0 ? token.start : settingsStart;
      return {
        kind: "insert",
        target: text.slice(0, targetEnd),
        settings: settingsStart < 0 ? "" : text.slice(settingsStart, token.start),
        format,
        dataStart: end,
      };
    }
  }
  return undefined;
}

/** The data begins after the blanks and the line end that follow the format's name. */
function afterFormat(text: string, end: number): number {
  return end + (/^(?:[ \t\f]*;)?[ \t\f]*\r?\n?/.exec(text.slice(end, end + 256))?.[0].length ?? 0);
}

function isWordOf(token: Token | undefined, ...words: string[]): boolean {
  return words.some((word) => isWord(token, word));
}

/** All tokens of the one statement; a second one is refused, as ClickHouse does over HTTP. */
function oneStatement(text: string): Token[] {
  const all: Token[] = [];
  let ended: Token | undefined;
  for (const token of tokens(text)) {
    if (token.text === ";" && token.kind === "sign" && token.depth === 0) {
      ended ??= token;
    } else if (ended !== undefined) {
      throw new StatementRefused(
        62,
        "SYNTAX_ERROR",
        `Syntax error (Multi-statements are not allowed): failed at position ${ended.start + 1} (end of query)`,
      );
    } else all.push(token);
  }
  if (all.length === 0) throw new StatementRefused(62, "SYNTAX_ERROR", "Syntax error: Empty query");
  return all;
}

function readKill(text: string, all: readonly Token[]): Kill | Plain {
  const where = all.findIndex((token) => token.depth === 0 && isWord(token, "WHERE"));
  if (where < 0) return readPlain(text, all);
  let end = all.length;
  let mode: Kill["mode"] = "async";
  let format: string | undefined;
  if (end - where > 3 && isWord(all[end - 2], "FORMAT")) {
    format = all[end - 1].text;
    end -= 2;
  }
  const last = all[end - 1];
  for (const word of ["SYNC", "ASYNC", "TEST"] as const) {
    if (!isWord(last, word)) continue;
    mode = word.toLowerCase() as Kill["mode"];
    end--;
  }
  const condition = all.slice(where + 1, end);
  return {
    kind: "kill",
    condition: condition.length === 0 ? "" : text.slice(condition[0].start, condition[condition.length - 1].end),
    mode,
    format,
    literals: condition.filter((token) => token.kind === "string").map((token) => token.text.slice(1, -1)),
  };
}

function readPlain(text: string, all: readonly Token[]): Plain {
  let format: string | undefined;
  const processes: { start: number; end: number }[] = [];
  for (let i = 0; i < all.length; i++) {
    const token = all[i];
    const next = all[i + 1];
    if (token.depth === 0 && isWord(token, "FORMAT") && next?.kind === "word") format = next.text;
    if (isWord(token, "INTO") && isWord(next, "OUTFILE")) throw serverFile("INTO OUTFILE");
    if (isWord(token, "SYSTEM") && i === 0 && isWordOf(next, "SHUTDOWN", "KILL")) {
      throw new StatementRefused(48, "NOT_IMPLEMENTED", "Stop the embedded server with SIGTERM instead");
    }
    const isTable = i > 0 && (isWordOf(all[i - 1], "FROM", "JOIN") || all[i - 1].text === ",");
    if (isTable && next?.text === "." && all[i + 2] !== undefined && token.kind !== "string") {
      if (nameOf(token) === "system" && nameOf(all[i + 2]) === "processes") {
        processes.push({ start: token.start, end: all[i + 2].end });
      }
    }
  }
  const opening = all.find((token) => token.text !== "(");
  const readOnly = opening !== undefined && READ_ONLY.has(opening.text.toUpperCase());
  return { kind: "plain", text, format, readOnly, processes };
}

function serverFile(what: string): StatementRefused {
  return new StatementRefused(
    48,
    "NOT_IMPLEMENTED",
    `${what} is not allowed over HTTP: send or receive the data itself`,
  );
}
