/** Bounds how many requests are inside the receiver at once, and with them the memory their bodies take. */
export class InFlightGate {
  #inUse = 0;
  #idle: (() => void)[] = [];

  constructor(readonly slots: number) {}

  get inUse(): number {
    return this.#inUse;
  }

  /** Takes a slot if one is free; never waits. */
  tryEnter(): boolean {
    if (this.#inUse >= this.slots) return false;
    this.#inUse++;
    return true;
  }

  leave(): void {
    if (--this.#inUse > 0) return;
    for (const done of this.#idle.splice(0)) done();
  }

  /** Whether there is room to let a request wait for something without keeping others out. */
  get mayWait(): boolean {
    return this.#inUse * 2 <= this.slots;
  }

  /** Resolves when no request is inside. */
  idle(): Promise<void> {
    if (this.#inUse === 0) return Promise.resolve();
    return new Promise((done) => this.#idle.push(done));
  }
}
