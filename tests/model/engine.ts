// The checker: explores every reachable state of a model, breadth first, so the first trace found is a shortest one.
//
// Guarantees: a run that reports `complete` has visited every state (up to 64-bit hash compaction) and has shown that
//   1. no state breaks an invariant (`violation`),
//   2. every state without a live step is a good end (`unfinished` is null there),
//   3. from every state a good end can be reached by live steps alone, so nothing spins or waits for ever.
//
// A step is `live` (the system will do it), `optional` (it may happen or not: a zombie goes on, a late message lands)
// or a `fault` (may happen while the budget lasts). Only live steps count for 2 and 3.

export type StepKind = "live" | "optional" | "fault";
export type Offer<S> = (kind: StepKind, label: string, apply: (state: S) => void) => void;

export interface Model<S> {
  readonly name: string;
  init(): S;
  steps(state: S, offer: Offer<S>): void;
  /** What this state breaks, or null. */
  violation(state: S): string | null;
  /** Why a state without live steps is not a good end, or null. */
  unfinished(state: S): string | null;
}

export interface Exploration {
  readonly name: string;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly complete: boolean;
  readonly seconds: number;
  readonly violation: { readonly what: string; readonly trace: readonly string[]; readonly state: string } | null;
}

/** A set of 64-bit hashes that tells each member's number (the order of insertion). */
class HashSet64 {
  #capacity = 1 << 16;
  #low = new Uint32Array(this.#capacity);
  #high = new Uint32Array(this.#capacity);
  #number = new Int32Array(this.#capacity);
  size = 0;

  /** The member's number; `added` says whether it is new. */
  put(text: string): { number: number; added: boolean } {
    let a = 0x811c9dc5 | 0, b = 0x9e3779b9 | 0;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      a = Math.imul(a ^ c, 0x01000193);
      b = Math.imul(b ^ c, 0x85ebca6b);
      b ^= b >>> 13;
    }
    a ^= a >>> 16;
    a = Math.imul(a, 0x7feb352d);
    a ^= a >>> 15;
    b ^= b >>> 16;
    b = Math.imul(b, 0x846ca68b);
    b ^= b >>> 16;
    const low = a >>> 0, high = (b >>> 0) || 1;
    const at = this.#find(low, high);
    if (this.#high[at] !== 0) return { number: this.#number[at], added: false };
    this.#low[at] = low;
    this.#high[at] = high;
    this.#number[at] = this.size++;
    if (this.size * 10 > this.#capacity * 6) this.#grow();
    return { number: this.size - 1, added: true };
  }

  #find(low: number, high: number): number {
    const mask = this.#capacity - 1;
    let at = low & mask;
    while (this.#high[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const low = this.#low, high = this.#high, number = this.#number;
    this.#capacity *= 2;
    this.#low = new Uint32Array(this.#capacity);
    this.#high = new Uint32Array(this.#capacity);
    this.#number = new Int32Array(this.#capacity);
    for (let i = 0; i < high.length; i++) {
      if (high[i] === 0) continue;
      const at = this.#find(low[i], high[i]);
      this.#low[at] = low[i];
      this.#high[at] = high[i];
      this.#number[at] = number[i];
    }
  }
}

/** A growing Int32Array. */
class IntList {
  #items = new Int32Array(1 << 14);
  length = 0;
  push(value: number): void {
    if (this.length === this.#items.length) {
      const bigger = new Int32Array(this.#items.length * 2);
      bigger.set(this.#items);
      this.#items = bigger;
    }
    this.#items[this.length++] = value;
  }
  at(index: number): number {
    return this.#items[index];
  }
}

/** A deep copy of plain data (much faster than going through text). */
export function copy<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const result = new Array(value.length);
    for (let i = 0; i < value.length; i++) result[i] = copy(value[i]);
    return result as T;
  }
  const result: Record<string, unknown> = {};
  for (const key in value) result[key] = copy((value as Record<string, unknown>)[key]);
  return result as T;
}

export function explore<S>(model: Model<S>, limits: { ms: number; states?: number }): Exploration {
  const started = performance.now();
  const seen = new HashSet64();
  const parent = new IntList(), viaLabel = new IntList();
  const labels: string[] = [], labelNumber = new Map<string, number>();
  const liveFrom = new IntList(), liveTo = new IntList();
  const goodEnds = new IntList();
  let transitions = 0, depth = 0;
  let found: { what: string; at: number; state: string } | null = null;

  const record = (from: number, label: string) => {
    let number = labelNumber.get(label);
    if (number === undefined) {
      number = labels.push(label) - 1;
      labelNumber.set(label, number);
    }
    parent.push(from);
    viaLabel.push(number);
  };
  const trace = (at: number): string[] => {
    const steps: string[] = [];
    for (let i = at; i > 0; i = parent.at(i)) steps.push(labels[viaLabel.at(i)]);
    return steps.reverse();
  };
  const report = (complete: boolean): Exploration => ({
    name: model.name,
    states: seen.size,
    transitions,
    depth,
    complete,
    seconds: (performance.now() - started) / 1000,
    violation: found && { what: found.what, trace: trace(found.at), state: found.state },
  });

  const first = JSON.stringify(model.init());
  seen.put(first);
  record(-1, "");
  let frontier: { text: string; number: number }[] = [{ text: first, number: 0 }];
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (let i = 0; i < frontier.length; i++) {
      const { text, number } = frontier[i];
      const state = JSON.parse(text) as S;
      let live = false;
      model.steps(state, (kind, label, apply) => {
        if (found) return;
        const after = copy(state);
        apply(after);
        const afterText = JSON.stringify(after);
        transitions++;
        const put = seen.put(afterText);
        if (kind === "live") {
          live = true;
          liveFrom.push(number);
          liveTo.push(put.number);
        }
        if (!put.added) return;
        record(number, label);
        const what = model.violation(after);
        if (what) found = { what, at: put.number, state: afterText };
        next.push({ text: afterText, number: put.number });
      });
      if (found) return report(false);
      if (!live) {
        const what = model.unfinished(state);
        if (what) found = { what, at: number, state: text };
        if (found) return report(false);
        goodEnds.push(number);
      }
      if ((i & 255) === 0 && performance.now() - started > limits.ms) return report(false);
      if (seen.size > (limits.states ?? 20e6)) return report(false);
    }
    frontier = next;
    depth++;
  }
  const stuck = cannotEnd(seen.size, liveFrom, liveTo, goodEnds);
  if (stuck >= 0) found = { what: "goes on for ever: no good end can be reached", at: stuck, state: "" };
  return report(true);
}

/** The first state from which no good end can be reached by live steps, or -1. */
function cannotEnd(states: number, from: IntList, to: IntList, goodEnds: IntList): number {
  const firstEdge = new Int32Array(states).fill(-1), nextEdge = new Int32Array(from.length);
  for (let i = 0; i < from.length; i++) {
    nextEdge[i] = firstEdge[to.at(i)];
    firstEdge[to.at(i)] = i;
  }
  const reaches = new Uint8Array(states), queue = new Int32Array(states);
  let head = 0, tail = 0;
  const visit = (state: number) => {
    if (reaches[state]) return;
    reaches[state] = 1;
    queue[tail++] = state;
  };
  for (let i = 0; i < goodEnds.length; i++) visit(goodEnds.at(i));
  while (head < tail) {
    for (let edge = firstEdge[queue[head++]]; edge >= 0; edge = nextEdge[edge]) visit(from.at(edge));
  }
  return reaches.indexOf(0);
}
