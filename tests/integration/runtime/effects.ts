/** A process that dies after any one of the changes it makes outside of itself. */

/** Counts what a stage changes outside of itself; after effect number `last` nothing of the process goes on. */
export class Effects {
  count = 0;
  readonly stopped = new AbortController();
  /** `delayMs`: every asynchronous effect happens so much later. */
  constructor(readonly last = Infinity, readonly delayMs = 0) {}

  /** Resolves when the process has died. */
  get crash(): Promise<void> {
    const { signal } = this.stopped;
    return new Promise((crashed) => {
      if (signal.aborted) crashed();
      else signal.addEventListener("abort", () => crashed(), { once: true });
    });
  }

  async run<T>(effect: () => Promise<T>): Promise<T> {
    this.stopped.signal.throwIfAborted();
    this.count++;
    if (this.delayMs > 0) await new Promise((later) => setTimeout(later, this.delayMs));
    const result = await effect();
    if (this.count >= this.last) this.stopped.abort(new Error("crash"));
    this.stopped.signal.throwIfAborted();
    return result;
  }

  runSync<T>(effect: () => T): T {
    this.stopped.signal.throwIfAborted();
    this.count++;
    const result = effect();
    if (this.count >= this.last) this.stopped.abort(new Error("crash"));
    this.stopped.signal.throwIfAborted();
    return result;
  }
}

/** `target` with some methods replaced; everything else keeps its own `this`. */
export function instead<T extends object>(target: T, methods: Partial<Record<keyof T, unknown>>): T {
  return new Proxy(target, {
    get: (object, name) => {
      const found = name in methods ? methods[name as keyof T] : Reflect.get(object, name, object);
      return typeof found === "function" && !(name in methods) ? found.bind(object) : found;
    },
  });
}
