/** A login of our own, carried by `@platformatic/kafka`. */
import { Buffer } from "node:buffer";
import type { SASLOptions } from "@platformatic/kafka";
import type { SaslLogin } from "./exchange.ts";

type Authenticate = NonNullable<SASLOptions["authenticate"]>;
type Answer = Awaited<ReturnType<Parameters<Authenticate>[2]["async"]>>;

export function platformaticSasl({ mechanism, exchange }: SaslLogin): SASLOptions {
  return {
    mechanism,
    authenticate(_mechanism, connection, api, _user, _password, _token, callback) {
      let last: Answer | undefined;
      const send = async (bytes: Uint8Array): Promise<Uint8Array> => {
        last = await api.async(connection, Buffer.from(bytes));
        return last.authBytes ?? new Uint8Array(0);
      };
      exchange(send, connection.host ?? "").then(
        () => callback(null, last!), // every exchange sends something
        (error: Error) => callback(error),
      );
    },
  };
}
