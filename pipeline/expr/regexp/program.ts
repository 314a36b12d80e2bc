// Compiles a pattern to a program of a few instructions, the form the matcher steps through.
import type { CharSet } from "./char_set.ts";
import type { Assertion, Pattern } from "./pattern.ts";
import { PatternError } from "./source.ts";

export type Instruction =
  | { readonly op: "set"; readonly set: CharSet; next: number }
  | { readonly op: "split"; next: number; other: number }
  | { readonly op: "assert"; readonly assertion: Assertion; next: number }
  | { readonly op: "match" };

export type Program = readonly Instruction[];

const MAX_INSTRUCTIONS = 10_000;

/** Execution begins at instruction `start`. */
export function compileProgram(pattern: Pattern): { program: Program; start: number } {
  const program: Instruction[] = [{ op: "match" }];
  const start = emit(program, pattern, 0);
  return { program, start };
}

/** Adds the instructions of `pattern`, which continue at `next`; gives the first of them. */
function emit(program: Instruction[], pattern: Pattern, next: number): number {
  switch (pattern.kind) {
    case "empty":
      return next;
    case "set":
      return push(program, { op: "set", set: pattern.set, next });
    case "assertion":
      return push(program, { op: "assert", assertion: pattern.assertion, next });
    case "sequence":
      return pattern.parts.reduceRight((after, part) => emit(program, part, after), next);
    case "choice":
      return pattern.options.map((option) => emit(program, option, next))
        .reduceRight((other, option) => push(program, { op: "split", next: option, other }));
    case "repeat":
      return emitRepeat(program, pattern, next);
  }
}

function emitRepeat(program: Instruction[], repeat: Extract<Pattern, { kind: "repeat" }>, next: number): number {
  let at = next;
  if (repeat.max === Infinity) {
    const loop: Extract<Instruction, { op: "split" }> = { op: "split", next: 0, other: next };
    at = push(program, loop);
    loop.next = emit(program, repeat.body, at);
  } else {
    for (let i = repeat.min; i < repeat.max; i++) {
      const body = emit(program, repeat.body, at);
      at = push(program, { op: "split", next: body, other: next });
    }
  }
  for (let i = 0; i < repeat.min; i++) {
    const first = emit(program, repeat.body, at);
    // a body without instructions stays without: repeating it is no work
    if (first === at) break;
    at = first;
  }
  return at;
}

function push(program: Instruction[], instruction: Instruction): number {
  if (program.length >= MAX_INSTRUCTIONS) throw new PatternError("error parsing regexp: expression too large");
  return program.push(instruction) - 1;
}
