/** The last lines of a program's output, kept in a ring so that an error can show what the program said before it. */
export class LogTail {
  readonly #keep: number;
  #lines: string[] = [];
  #next = 0;

  constructor(keep: number) {
    this.#keep = Math.max(1, keep);
  }

  push(line: string): void {
    if (this.#lines.length < this.#keep) this.#lines.push(line);
    else this.#lines[this.#next] = line;
    this.#next = (this.#next + 1) % this.#keep;
  }

  /** Oldest first. */
  lines(): string[] {
    if (this.#lines.length < this.#keep) return [...this.#lines];
    return [...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)];
  }
}

/** Calls `onLine` for each line of a byte stream (without its line end; very long lines are cut into pieces). */
export async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const longest = 64 * 1024;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    for (;;) {
      const end = rest.indexOf("\n");
      if (end < 0) break;
      onLine(rest.slice(0, rest[end - 1] === "\r" ? end - 1 : end));
      rest = rest.slice(end + 1);
    }
    if (rest.length > longest) {
      onLine(rest);
      rest = "";
    }
  }
  rest += decoder.decode();
  if (rest !== "") onLine(rest);
}
