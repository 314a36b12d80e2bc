/**
 * A worker to be killed: commits frames to the file given as argument until it dies, one line per committed frame.
 * Everything in frame n follows from n, so whatever is found later can be checked.
 */
import { openStateFile } from "./state_file.ts";

export function frameOf(n: number): { keys: Uint8Array; payload: Uint8Array; headers: Record<string, string> } {
  const keys = new Uint8Array(16 * (1 + n % 50)).fill(n & 0xff);
  return { keys, payload: new Uint8Array(1000 + 7919 * n % 40_000).fill(n & 0xff), headers: { "Gf-Rows": String(n) } };
}

if (import.meta.main) {
  const [path, epoch] = Deno.args;
  const file = openStateFile(path, { epoch: Number(epoch), newFileId: "crash" });
  for (let n = (file.inMark() ?? 0) + 1;; n += 2) {
    const group = [n, n + 1].map((inSequence) => {
      const { keys, payload, headers } = frameOf(inSequence);
      return {
        ...{ epoch: Number(epoch), inSequence, fingerprints: keys, bucket: inSequence, outbox: { headers, payload } },
        ledger: { accepted: inSequence },
      };
    });
    const sequences = file.commitFrames(group);
    if (n % 10 === 1) file.deleteOutbox(Number(epoch), sequences[0]! - 5);
    Deno.stdout.writeSync(new TextEncoder().encode(`${n + 1}\n`));
  }
}
