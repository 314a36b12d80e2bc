/**
 * What asks a command to end: Ctrl-C, SIGTERM, a closed terminal, and with `--until-stdin-ends` the end of its standard
 * input, which is how it learns that its launcher died. The first asks for an orderly end, a second one ends at once.
 */

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

/** The command was asked to end. `code`: its exit code when it had not done its work. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor(readonly code: number) {
    super("stopped before it was done");
  }
}

/** Aborted with `Interrupted` by the first request. */
export function stopRequests(untilStdinEnds: boolean, say: (text: string) => void): AbortSignal {
  const stop = new AbortController();
  const ask = (code: number) => {
    if (stop.signal.aborted) {
      say("ending at once");
      // Every child notices that this process is gone and ends too.
      Deno.exit(code);
    }
    say("stopping: draining the workers … (once more ends at once)");
    stop.abort(new Interrupted(code));
  };
  for (const [signal, number] of Object.entries(SIGNALS)) {
    Deno.addSignalListener(signal as keyof typeof SIGNALS, () => ask(128 + number));
  }
  if (untilStdinEnds) void endOfInput().then(() => stop.signal.aborted || ask(128 + SIGNALS.SIGTERM));
  return stop.signal;
}

async function endOfInput(): Promise<void> {
  const ignored = new Uint8Array(1_024);
  // Input that cannot be read has ended as well.
  while (await Deno.stdin.read(ignored).catch(() => null) !== null);
}
