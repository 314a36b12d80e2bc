// The pattern text and how far it has been read.

export class PatternError extends Error {
  override readonly name = "PatternError";
}

export class Source {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  at(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  take(text: string): boolean {
    if (!this.at(text)) return false;
    this.#at += text.length;
    return true;
  }

  /** The next character; the caller knows there is one or the pattern is incomplete. */
  next(): string {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw this.error("unexpected end");
    const char = String.fromCodePoint(code);
    this.#at += char.length;
    return char;
  }

  /** `pattern` must be sticky. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  /** Text up to `end` (consumed) or to the end of the pattern. */
  until(end: string): string {
    const at = this.#text.indexOf(end, this.#at);
    const text = this.#text.slice(this.#at, at < 0 ? undefined : at);
    this.#at = at < 0 ? this.#text.length : at + end.length;
    return text;
  }

  error(message: string): PatternError {
    return new PatternError(`error parsing regexp: ${message} at offset ${this.#at} of ${JSON.stringify(this.#text)}`);
  }
}
