/** The addresses that brokers give out: a client that was told of one has to connect to all of them. */
import { Base } from "@platformatic/kafka";
import { hostAndPort, saslOptions, tlsWithName } from "./security.ts";
import type { KafkaAddress } from "./source.ts";

/** `host:port` of the brokers that were named and of those that they name. */
export async function brokerAddresses(address: KafkaAddress): Promise<string[]> {
  const sasl = saslOptions(address);
  const named = address.brokers.map(hostAndPort);
  const client = new Base({
    clientId: "glassflow",
    bootstrapBrokers: named,
    ...tlsWithName(address),
    ...(sasl ? { sasl } : {}),
    connectTimeout: 3_000,
    timeout: 3_000,
    retries: 0,
  });
  try {
    const { brokers } = await client.metadata({ topics: [] });
    return [...new Set([...named, ...brokers.values()].map(join))];
  } finally {
    await client.close();
  }
}

/** The named ones alone. */
export const namedAddresses = (address: KafkaAddress): string[] => address.brokers.map(hostAndPort).map(join);

const join = ({ host, port }: { host: string; port: number }) => `${host.includes(":") ? `[${host}]` : host}:${port}`;
