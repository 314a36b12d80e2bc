// Builds tree nodes and keeps the tree's promises: bounded size, bounded depth, flat logic chains.
import { ExpressionError } from "./errors.ts";
import { MAX_DEPTH, MAX_NODES, type Node, type NodeShape } from "./tree.ts";

interface Extent {
  readonly depth: number;
  readonly size: number;
}

export class TreeBuilder {
  // a node may have two parents (`a < b < c`, `a ?: b`), so the size counted is that of the walk over it
  readonly #extents = new WeakMap<Node, Extent>();
  #open = 0;

  node(position: number, shape: NodeShape): Node {
    const node: Node = { ...shape, position };
    this.#measure(node, { depth: 0, size: 0 }, children(node));
    return node;
  }

  #measure(node: Node, start: Extent, added: readonly Node[]): void {
    let { depth, size } = start;
    if (depth === 0) size = depth = 1;
    for (const child of added) {
      const extent = this.#extents.get(child)!;
      depth = Math.max(depth, extent.depth + 1);
      size += extent.size;
    }
    if (depth > MAX_DEPTH) throw tooDeep(node.position);
    if (size > MAX_NODES) {
      throw new ExpressionError(`the expression is too large: more than ${MAX_NODES} nodes`, node.position);
    }
    this.#extents.set(node, { depth, size });
  }

  /** `a and b and c` becomes one node however long the chain is. */
  logic(position: number, op: "and" | "or", left: Node, right: Node): Node {
    if (left.kind !== "logic" || left.op !== op) {
      return this.node(position, { kind: "logic", op, operands: [left, right] });
    }
    // the left node is not referenced from anywhere else yet: extend it instead of copying the chain
    (left.operands as Node[]).push(right);
    this.#measure(left, this.#extents.get(left)!, [right]);
    return left;
  }

  /** Runs one level of a recursive parse. */
  nested<T>(position: number, parse: () => T): T {
    if (++this.#open > MAX_DEPTH) throw tooDeep(position);
    const result = parse();
    this.#open--;
    return result;
  }
}

function tooDeep(position: number): ExpressionError {
  return new ExpressionError(`the expression is nested too deeply: more than ${MAX_DEPTH} levels`, position);
}

export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case "literal":
    case "name":
    case "environment":
    case "pointer":
      return [];
    case "unary":
      return [node.operand];
    case "binary":
    case "coalesce":
      return [node.left, node.right];
    case "logic":
      return node.operands;
    case "conditional":
      return [node.test, node.then, node.otherwise];
    case "member":
      return [node.object, node.property];
    case "chain":
    case "closure":
      return [node.body];
    case "slice":
      return [node.object, node.from, node.to].filter((child) => child !== null);
    case "array":
      return node.elements;
    case "map":
      return node.entries.flatMap((entry) => [entry.key, entry.value]);
    case "call":
      return node.args;
    case "method":
      return [node.object, ...node.args];
    case "let":
      return [node.value, node.body];
    case "sequence":
      return node.steps;
  }
}
