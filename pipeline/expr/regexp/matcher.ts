// Matches a program in linear time: all paths advance together, and the sets of paths met so far are kept as the
// states of an automaton that grows while it is used. Plain texts with or without anchors skip all that.
import { visit } from "../budget.ts";
import { compileProgram, type Program } from "./program.ts";
import type { Assertion, Pattern } from "./pattern.ts";

/** Reading along known states costs the caller's steps by character; growing the automaton is counted where it happens. */
export interface Matcher {
  (text: string): boolean;
  /** Instructions that were made for it. */
  readonly size: number;
}

export function createMatcher(pattern: Pattern): Matcher {
  const plain = plainMatcher(pattern);
  return plain === null ? automaton(pattern) : Object.assign(plain, { size: 0 });
}

function plainMatcher(pattern: Pattern): ((text: string) => boolean) | null {
  const parts = pattern.kind === "sequence" ? [...pattern.parts] : [pattern];
  const is = (part: Pattern | undefined, assertion: Assertion) =>
    part !== undefined && part.kind === "assertion" && part.assertion === assertion;
  const start = is(parts[0], "text start");
  if (start) parts.shift();
  const end = is(parts.at(-1), "text end");
  if (end) parts.pop();
  let plain = "";
  for (const part of parts) {
    if (part.kind !== "set" || part.char === undefined) return null;
    plain += part.char;
  }
  if (start && end) return (text) => text === plain;
  if (start) return (text) => text.startsWith(plain);
  return end ? (text) => text.endsWith(plain) : (text) => text.includes(plain);
}

/** What stands beside a position, as far as assertions care. */
const enum Beside {
  Edge,
  Newline,
  Word,
  Other,
}

function beside(code: number): Beside {
  if (code === 10) return Beside.Newline;
  const word = (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
  return word ? Beside.Word : Beside.Other;
}

interface State {
  /** instructions to continue at, before following empty steps */
  readonly at: readonly number[];
  readonly before: Beside;
  readonly ascii: (State | null | undefined)[];
  readonly others: Map<number, State | null>;
  matchesAtEnd: boolean | undefined;
}

const MAX_STEPS_KEPT = 50_000;

function automaton(pattern: Pattern): Matcher {
  const { program, start } = compileProgram(pattern);
  let states = new Map<string, State>();
  let kept = 0;

  const stateOf = (at: readonly number[], before: Beside): State => {
    const key = `${before}:${at.join(",")}`;
    let state = states.get(key);
    if (state === undefined) {
      state = { at, before, ascii: [], others: new Map(), matchesAtEnd: undefined };
      states.set(key, state);
      kept += at.length;
    }
    return state;
  };

  /** The state after reading `code`; null once the pattern has matched. */
  const step = (state: State, code: number): State | null => {
    if (++kept > MAX_STEPS_KEPT) {
      states = new Map();
      kept = 0;
    }
    const after = beside(code);
    const reached = follow(program, state.at, start, state.before, after);
    if (reached === null) return null;
    visit(2 * (state.at.length + reached.length));
    const next: number[] = [];
    for (const index of reached) {
      const instruction = program[index];
      if (instruction.op === "set" && instruction.set.has(code)) next.push(instruction.next);
    }
    return stateOf([...new Set(next)].sort((a, b) => a - b), after);
  };

  const matches = (text: string) => {
    let state: State | null = stateOf([], Beside.Edge);
    for (let i = 0; i < text.length; i++) {
      let code = text.charCodeAt(i);
      let next: State | null | undefined;
      if (code < 128) {
        next = state.ascii[code];
        if (next === undefined) next = state.ascii[code] = step(state, code);
      } else {
        if (code >= 0xd800 && code < 0xdc00) {
          code = text.codePointAt(i)!;
          if (code > 0xffff) i++;
        }
        next = state.others.get(code);
        if (next === undefined) state.others.set(code, next = step(state, code));
      }
      if (next === null) return true;
      state = next;
    }
    state.matchesAtEnd ??= follow(program, state.at, start, state.before, Beside.Edge) === null;
    return state.matchesAtEnd;
  };
  return Object.assign(matches, { size: program.length });
}

/** The character instructions reachable without reading (a match may also begin here); null if `match` is. */
function follow(
  program: Program,
  at: readonly number[],
  start: number,
  before: Beside,
  after: Beside,
): number[] | null {
  const seen = new Set<number>();
  const pending = [start, ...at];
  const reached: number[] = [];
  while (pending.length > 0) {
    const index = pending.pop()!;
    if (seen.has(index)) continue;
    seen.add(index);
    const instruction = program[index];
    switch (instruction.op) {
      case "match":
        return null;
      case "set":
        reached.push(index);
        break;
      case "split":
        pending.push(instruction.next, instruction.other);
        break;
      case "assert":
        if (holds(instruction.assertion, before, after)) pending.push(instruction.next);
        break;
    }
  }
  return reached;
}

function holds(assertion: Assertion, before: Beside, after: Beside): boolean {
  switch (assertion) {
    case "text start":
      return before === Beside.Edge;
    case "text end":
      return after === Beside.Edge;
    case "line start":
      return before === Beside.Edge || before === Beside.Newline;
    case "line end":
      return after === Beside.Edge || after === Beside.Newline;
    case "word boundary":
      return (before === Beside.Word) !== (after === Beside.Word);
    case "no word boundary":
      return (before === Beside.Word) === (after === Beside.Word);
  }
}
