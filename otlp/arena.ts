/**
 * The working memory of one request: its body, followed by the text rendered from it (hex ids, numbers, nested values).
 * Everything a decoder finds is a pair of offsets into `bytes`, so no object is made per value. One arena serves all
 * requests of a process, one after the other: decoding never waits.
 *
 * `bytes` and `view` are replaced when the arena grows; offsets stay valid, and so do stale copies of the body part.
 */
import { RecordTooLarge } from "./errors.ts";

/** Bytes that may be read or written past any range without a bounds check. */
export const SLACK = 16;

/** An arena larger than this is not kept for the next request. */
const KEEP_BYTES = 8 << 20;

export class Arena {
  bytes = new Uint8Array(1 << 20);
  view = new DataView(this.bytes.buffer);
  /** Where the next rendered byte goes. */
  top = 0;
  bodyLength = 0;
  #limit = Infinity;

  /** Starts a request. The body is copied, so it may belong to anyone. */
  load(body: Uint8Array): void {
    const need = body.length + (body.length >> 1) + 65_536;
    if (need > this.bytes.length || (this.bytes.length > KEEP_BYTES && need <= KEEP_BYTES)) {
      this.#resize(Math.max(need, 1 << 20));
    }
    this.bytes.set(body);
    // What follows the body must not depend on the request before: reads past the end see zeros.
    this.bytes.fill(0, body.length, body.length + SLACK);
    this.bodyLength = body.length;
    this.top = body.length + SLACK;
    this.#limit = Infinity;
  }

  /** From here on at most `bytes` more may be rendered before {@link RecordTooLarge} is thrown. */
  limitRendering(bytes: number): void {
    this.#limit = this.top + bytes;
  }

  /** Makes room for `count` bytes at `top` (and the slack behind them). */
  reserve(count: number): void {
    const need = this.top + count + SLACK;
    if (need <= this.bytes.length) return;
    this.#grow(need);
  }

  /** Fails when rendering has passed its limit; call once per rendered value. */
  check(): void {
    if (this.top > this.#limit) throw new RecordTooLarge("the text rendered from one record is too long");
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.top++] = value;
  }

  /** Text known to be ASCII. */
  ascii(text: string): void {
    this.reserve(text.length);
    const bytes = this.bytes;
    let at = this.top;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.top = at;
  }

  /** A short text, as UTF-8; lone surrogates become U+FFFD. */
  text(text: string): void {
    this.reserve(text.length * 3);
    this.top += encoder.encodeInto(text, this.bytes.subarray(this.top)).written;
  }

  /** A copy of an earlier range. */
  copy(start: number, end: number): void {
    this.reserve(end - start);
    this.bytes.copyWithin(this.top, start, end);
    this.top += end - start;
  }

  #grow(need: number): void {
    if (need > this.#limit + SLACK + 65_536) throw new RecordTooLarge("the text rendered from one record is too long");
    const old = this.bytes;
    this.#resize(Math.max(need, old.length * 2));
    this.bytes.set(old.subarray(0, this.top));
  }

  #resize(length: number): void {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
  }
}

const encoder = new TextEncoder();
