/**
 * A set of stream sequences kept as sorted, disjoint, inclusive ranges: what has been consumed or hidden is mostly one
 * long run from the start, plus a few picked from the middle.
 */

export type Range = readonly [first: number, last: number];

export class SequenceSet {
  private constructor(readonly ranges: readonly Range[]) {}

  static readonly empty = new SequenceSet([]);

  static of(ranges: Iterable<Range>): SequenceSet {
    const sorted = [...ranges].filter(([first, last]) => first <= last).sort((a, b) => a[0] - b[0]);
    const merged: [number, number][] = [];
    for (const [first, last] of sorted) {
      const top = merged.at(-1);
      if (top && first <= top[1] + 1) top[1] = Math.max(top[1], last);
      else merged.push([first, last]);
    }
    return new SequenceSet(merged);
  }

  has(sequence: number): boolean {
    return this.rangeAt(sequence) !== null;
  }

  /** The first sequence at or after `sequence` that is not in the set. */
  nextMissing(sequence: number): number {
    const range = this.rangeAt(sequence);
    return range ? range[1] + 1 : sequence;
  }

  with(ranges: Iterable<Range>): SequenceSet {
    return SequenceSet.of([...this.ranges, ...ranges]);
  }

  /** How many of the sequences `first … last`, without those in `deleted` (sorted), are in the set. */
  countIn(first: number, last: number, deleted: readonly number[]): number {
    let count = 0;
    for (const [a, b] of this.ranges) {
      const from = Math.max(a, first), to = Math.min(b, last);
      if (from > to) continue;
      count += to - from + 1 - (lowerBound(deleted, to + 1) - lowerBound(deleted, from));
    }
    return count;
  }

  private rangeAt(sequence: number): Range | null {
    let low = 0, high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ranges[middle][1] < sequence) low = middle + 1;
      else high = middle;
    }
    const range = this.ranges[low];
    return range && range[0] <= sequence ? range : null;
  }
}

/** Index of the first element that is not below `value`. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
