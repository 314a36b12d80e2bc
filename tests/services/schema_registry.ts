/**
 * A schema registry for tests: Confluent's protocol as far as sources and discovery use it, with basic authentication, and
 * switches for what goes wrong.
 */
export interface TestSchema {
  readonly schema: string;
  readonly schemaType?: "AVRO" | "PROTOBUF" | "JSON";
  readonly references?: readonly { name: string; subject: string; version: number }[];
}

export class SchemaRegistryServer {
  readonly #schemas = new Map<number, TestSchema>();
  readonly #subjects = new Map<string, number[]>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  /** Answers with this status instead. */
  failing: number | null = null;
  /** Requests get no answer. */
  hanging = false;
  #waiting = Promise.withResolvers<void>();

  constructor(readonly account: { readonly key: string; readonly secret: string } | null = null) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  register(subject: string, id: number, schema: TestSchema): void {
    this.#schemas.set(id, schema);
    this.#subjects.set(subject, [...this.#subjects.get(subject) ?? [], id]);
  }

  async close(): Promise<void> {
    this.hanging = false;
    this.#waiting.resolve();
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    this.requests.push(pathname);
    if (this.hanging) await this.#waiting.promise;
    if (this.failing !== null) return new Response("failing", { status: this.failing });
    const { account } = this;
    if (account && request.headers.get("authorization") !== `Basic ${btoa(`${account.key}:${account.secret}`)}`) {
      return Response.json({ error_code: 401, message: "Unauthorized" }, { status: 401 });
    }
    if (pathname === "/subjects") return Response.json([...this.#subjects.keys()]);
    const byId = /^\/schemas\/ids\/(\d+)$/.exec(pathname);
    if (byId) return this.#show(this.#schemas.get(Number(byId[1])), 40_403);
    const versions = /^\/subjects\/([^/]+)\/versions(?:\/(\d+|latest))?$/.exec(pathname);
    if (!versions) return new Response("not found", { status: 404 });
    const subject = decodeURIComponent(versions[1]);
    const ids = this.#subjects.get(subject);
    if (!ids) return Response.json({ error_code: 40_401, message: "Subject not found." }, { status: 404 });
    if (versions[2] === undefined) return Response.json(ids.map((_, i) => i + 1));
    const version = versions[2] === "latest" ? ids.length : Number(versions[2]);
    const id = ids[version - 1];
    return this.#show(this.#schemas.get(id), 40_402, { id, version, subject });
  }

  #show(schema: TestSchema | undefined, code: number, more: Record<string, unknown> = {}): Response {
    if (!schema) return Response.json({ error_code: code, message: "not found" }, { status: 404 });
    const { schemaType, ...rest } = schema;
    // The protocol leaves the type out when it is Avro.
    return Response.json({ ...rest, ...more, ...(schemaType && schemaType !== "AVRO" ? { schemaType } : {}) });
  }
}
