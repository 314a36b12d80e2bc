/** A way to the embedded ClickHouse that can be closed and opened again, so that one pipeline loses it and no other. */
import { freePort } from "../../../runtime/services/ports.ts";
import { theSystem } from "./bed.ts";

export class WayToClickHouse {
  readonly port = freePort();
  #listener: Deno.Listener | null = null;
  readonly #open = new Set<Deno.Conn>();

  up(): void {
    if (this.#listener) return;
    const listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#listener = listener;
    void (async () => {
      for await (const client of listener) void this.#carry(client);
    })();
  }

  /** Nobody listens any more, and who was connected is cut off. */
  down(): void {
    this.#listener?.close();
    this.#listener = null;
    for (const connection of this.#open) close(connection);
    this.#open.clear();
  }

  async #carry(client: Deno.Conn): Promise<void> {
    const { clickhouse } = await theSystem();
    const { hostname, port } = new URL(clickhouse.url);
    const server = await Deno.connect({ hostname, port: Number(port) });
    this.#open.add(client).add(server);
    const pipe = (from: Deno.Conn, to: Deno.Conn) => from.readable.pipeTo(to.writable).catch(() => {});
    await Promise.all([pipe(client, server), pipe(server, client)]);
    for (const connection of [client, server]) {
      this.#open.delete(connection);
      close(connection);
    }
  }
}

/** Closing what the pipes have closed already is no error here. */
function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
