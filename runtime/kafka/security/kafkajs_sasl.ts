/** A login of our own, carried by kafkajs. */
import { Buffer } from "node:buffer";
import type { Mechanism } from "kafkajs";
import type { SaslLogin } from "./exchange.ts";

const LENGTH_BYTES = 4;

export function kafkaJsSasl({ mechanism, exchange }: SaslLogin): Mechanism {
  return {
    mechanism,
    authenticationProvider: ({ host, saslAuthenticate }) => ({
      async authenticate() {
        await exchange(async (bytes) => {
          // It wants bytes behind their length, and gives them so.
          const framed = Buffer.alloc(LENGTH_BYTES + bytes.length);
          framed.writeInt32BE(bytes.length);
          framed.set(bytes, LENGTH_BYTES);
          const answer = await saslAuthenticate<Buffer>({
            request: { encode: () => framed },
            response: { decode: (raw) => raw.subarray(LENGTH_BYTES), parse: (plain) => plain },
          });
          return answer ?? new Uint8Array(0);
        }, host);
      },
    }),
  };
}
