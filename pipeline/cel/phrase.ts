// A phrase: one expression without what its brackets hold, as text for cel-js's parser.
//
// Every operand is a placeholder name (`v0`, `v1`, ...), so that the grammar's limits (members only of names, its own
// literals, one relation per level) and its recursion never meet the user's text. Operators, member access, calls and the
// conditional stay as they are, and cel-js decides how they bind.
import { parse } from "cel-js";
import { CstReader } from "./cst.ts";
import type { NodeBuilder } from "./builder.ts";
import { CelSyntaxError } from "./errors.ts";
import type { CelNode } from "./syntax.ts";

interface Piece {
  readonly text: string;
  readonly position: number;
}

export class Phrase {
  readonly #builder: NodeBuilder;
  readonly #pieces: Piece[] = [];
  readonly #operands: CelNode[] = [];
  readonly #names: string[] = [];

  constructor(builder: NodeBuilder) {
    this.#builder = builder;
  }

  get length(): number {
    return this.#pieces.length;
  }

  operand(node: CelNode): void {
    this.#pieces.push({ text: `v${this.#operands.length}`, position: node.position });
    this.#operands.push(node);
  }

  /** A member's name. */
  name(text: string, position: number): void {
    this.#pieces.push({ text: `n${this.#names.length}`, position });
    this.#names.push(text);
  }

  symbol(text: string, position: number): void {
    this.#pieces.push({ text, position });
  }

  /** Everything from a piece on becomes one operand. */
  reduce(from: number): void {
    this.operand(this.#build(this.#pieces.splice(from)));
  }

  build(): CelNode {
    return this.#build(this.#pieces);
  }

  #build(pieces: readonly Piece[]): CelNode {
    const positions = new Map<number, number>();
    let text = "";
    for (const piece of pieces) {
      positions.set(text.length, piece.position);
      text += `${piece.text} `;
    }
    const result = parse(text);
    if (!result.isSuccess) {
      throw new CelSyntaxError(`the expression cannot be read: ${result.errors.join("; ")}`, pieces[0]?.position ?? 0);
    }
    return new CstReader(this.#builder, positions, this.#operands, this.#names).expression(result.cst);
  }
}
