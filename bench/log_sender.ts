/**
 * Sends log export requests over plain HTTP from a process of its own, so that its CPU time is nobody's. Requests are
 * encoded before they are asked for; every one is new. Run as a program, it is that process: one JSON command per line.
 */
import { fileURLToPath } from "node:url";
import { encodeJson, encodeProtobuf, logRequests } from "./log_requests.ts";

type Encoding = "protobuf" | "json";

/** `make` encodes requests, `send` sends all that were made. */
type Command =
  | { readonly do: "make"; readonly requests: number; readonly encoding: Encoding }
  | { readonly do: "send"; readonly url: string; readonly pipelineId: string; readonly concurrency: number };

export interface Sent {
  readonly requests: number;
  readonly bytes: number;
  /** Answers that asked for another try. */
  readonly retries: number;
  readonly seconds: number;
  /** Milliseconds from a request to its answer. */
  readonly medianMs: number;
  readonly p99Ms: number;
}

export class LogSender {
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: AsyncIterator<string>;

  private constructor(readonly process: Deno.ChildProcess) {
    this.#input = process.stdin.getWriter();
    this.#answers = lines(process.stdout);
  }

  static start(): LogSender {
    return new LogSender(
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--quiet", fileURLToPath(import.meta.url)],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn(),
    );
  }

  async make(requests: number, encoding: Encoding): Promise<void> {
    await this.#ask({ do: "make", requests, encoding });
  }

  /** Resolves when every request is answered with success. */
  async send(url: string, pipelineId: string, concurrency: number): Promise<Sent> {
    return await this.#ask({ do: "send", url, pipelineId, concurrency }) as Sent;
  }

  /** It ends when its input does. */
  async stop(): Promise<void> {
    await this.#input.close().catch(() => undefined); // it has ended already
    await this.process.status;
  }

  async #ask(command: Command): Promise<unknown> {
    await this.#input.write(encoder.encode(JSON.stringify(command) + "\n"));
    const answer = await this.#answers.next();
    if (answer.done) throw new Error("the sending process has ended; its message is above");
    return JSON.parse(answer.value);
  }
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

const encoder = new TextEncoder();

const CONTENT_TYPE: Record<Encoding, string> = { protobuf: "application/x-protobuf", json: "application/json" };
const PAUSE_MS = 20;

async function main(): Promise<void> {
  const source = logRequests(1);
  let bodies: Uint8Array<ArrayBuffer>[] = [];
  let encoding: Encoding = "protobuf";
  for await (const line of lines(Deno.stdin.readable)) {
    const command: Command = JSON.parse(line);
    if (command.do === "make") {
      encoding = command.encoding;
      const encode = encoding === "json" ? encodeJson : encodeProtobuf;
      bodies = Array.from({ length: command.requests }, () => encode(source.next().value));
      console.log("{}");
    } else {
      console.log(JSON.stringify(await sendAll(bodies, CONTENT_TYPE[encoding], command)));
      bodies = [];
    }
  }
}

async function sendAll(
  bodies: readonly Uint8Array<ArrayBuffer>[],
  contentType: string,
  { url, pipelineId, concurrency }: Command & { do: "send" },
): Promise<Sent> {
  const headers = { "content-type": contentType, "x-glassflow-pipeline-id": pipelineId };
  const times: number[] = [];
  let next = 0, retries = 0;
  const sendSome = async () => {
    for (let body; (body = bodies[next++]) !== undefined;) {
      const began = performance.now();
      for (;;) {
        const response = await fetch(`${url}/v1/logs`, { method: "POST", headers, body });
        const answer = await response.text();
        if (response.ok) break;
        if (response.status !== 429 && response.status < 502) {
          throw new Error(`${response.status}: ${answer.slice(0, 300)}`);
        }
        retries++;
        await new Promise((done) => setTimeout(done, PAUSE_MS));
      }
      times.push(performance.now() - began);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, sendSome));
  const seconds = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]);
  return {
    requests: bodies.length,
    bytes: bodies.reduce((sum, body) => sum + body.length, 0),
    retries,
    seconds,
    medianMs: at(0.5),
    p99Ms: at(0.99),
  };
}

if (import.meta.main) await main();
