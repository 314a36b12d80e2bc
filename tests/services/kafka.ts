/**
 * A real Apache Kafka broker (KRaft, one node) on the loopback address, for tests and measurements. It can be stopped,
 * killed and started again on its data and ports.
 */
import { join } from "node:path";
import { type Child, spawnChild } from "../../runtime/services/process.ts";
import { freePort } from "../../runtime/services/ports.ts";
import { runTool } from "../../runtime/services/run_tool.ts";
import { findKafka, type KafkaPrograms } from "./kafka_artifacts.ts";
import { type BrokerSecurity, securityJvm, securityProperties } from "./kafka_security.ts";

export type ListenerName = "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";

export interface KafkaOptions {
  /** Besides PLAINTEXT, which is always there. */
  readonly security?: BrokerSecurity;
  /** Further lines of `server.properties`. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface KafkaTool {
  /** Written to the tool's standard input. */
  readonly input?: string | Uint8Array;
}

const HEAP = "-Xmx512m";
/** Tools are small and short-lived. */
const TOOL_JVM = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];
const LISTENERS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;

/** Formats a data folder and starts a broker on it. */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const programs = await findKafka();
  const folder = await Deno.makeTempDir({ prefix: "kafka-" });
  const kafka = new Kafka(programs, folder, options);
  try {
    await kafka.format();
    await kafka.start();
    return kafka;
  } catch (error) {
    await kafka.stop();
    throw error;
  }
}

export class Kafka {
  readonly ports: Readonly<Record<ListenerName | "CONTROLLER", number>>;
  #child: Child | null = null;

  constructor(readonly programs: KafkaPrograms, readonly folder: string, readonly options: KafkaOptions) {
    this.ports = {
      PLAINTEXT: freePort(),
      SSL: freePort(),
      SASL_PLAINTEXT: freePort(),
      SASL_SSL: freePort(),
      CONTROLLER: freePort(),
    };
  }

  /** `host:port` of a listener. */
  broker(listener: ListenerName = "PLAINTEXT"): string {
    return `127.0.0.1:${this.ports[listener]}`;
  }

  get pid(): number {
    return this.#running().pid;
  }

  get exited(): Child["exited"] {
    return this.#running().exited;
  }

  lines(): string[] {
    return this.#child?.lines() ?? [];
  }

  /** Writes configuration and an empty log; SCRAM users exist from the start. */
  async format(): Promise<void> {
    const { security } = this.options;
    const listeners = LISTENERS.filter((name) => name === "PLAINTEXT" || security);
    const urls = (names: readonly (ListenerName | "CONTROLLER")[]) =>
      names.map((name) => `${name}://127.0.0.1:${this.ports[name]}`).join(",");
    const protocols = [...listeners.map((name) => `${name}:${name}`), "CONTROLLER:PLAINTEXT"].join(",");
    const properties: Record<string, string> = {
      "process.roles": "broker,controller",
      "node.id": "1",
      "controller.quorum.voters": `1@127.0.0.1:${this.ports.CONTROLLER}`,
      "controller.listener.names": "CONTROLLER",
      "inter.broker.listener.name": "PLAINTEXT",
      "listeners": urls([...listeners, "CONTROLLER"]),
      "advertised.listeners": urls(listeners),
      "listener.security.protocol.map": protocols,
      "log.dirs": join(this.folder, "data"),
      "auto.create.topics.enable": "false",
      "offsets.topic.replication.factor": "1",
      "offsets.topic.num.partitions": "1",
      "transaction.state.log.replication.factor": "1",
      "transaction.state.log.min.isr": "1",
      "transaction.state.log.num.partitions": "1",
      "group.initial.rebalance.delay.ms": "0",
      "group.min.session.timeout.ms": "1000",
      "log.cleaner.enable": "false",
      "num.network.threads": "2",
      "num.io.threads": "2",
      ...(security ? securityProperties(security) : {}),
      ...this.options.properties,
    };
    const text = Object.entries(properties).map(([name, value]) => `${name}=${value}`).join("\n");
    await Deno.writeTextFile(this.#config, text + "\n");
    const scram = (security?.users ?? []).flatMap(({ name, password }) =>
      ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
        "--add-scram",
        `${mechanism}=[name=${name},password=${password}]`,
      ])
    );
    await this.tool("kafka.tools.StorageTool", [
      ...["format", "--cluster-id", "AAAAAAAAAAAAAAAAAAAAAQ", "--config", this.#config],
      ...scram,
    ]);
  }

  get #config(): string {
    return join(this.folder, "server.properties");
  }

  /** Starts the broker on its folder and ports; resolves when it answers. */
  async start(): Promise<void> {
    const { security } = this.options;
    this.#child = spawnChild({
      name: "kafka",
      command: this.programs.java,
      args: [
        HEAP,
        "-XX:+UseSerialGC",
        ...(security ? securityJvm(security) : []),
        ...this.#java(),
        "kafka.Kafka",
        this.#config,
      ],
      stopTimeoutMs: 20_000,
      keepLines: 100,
    });
    const child = this.#child;
    await child.ready(
      () => Promise.resolve(child.lines().some((line) => line.includes("Kafka Server started")) || undefined),
      { timeoutMs: 60_000, intervalMs: 50 },
    );
  }

  /** Ends the broker; its data stay for `start`. */
  async pause(): Promise<void> {
    await this.#child?.stop();
  }

  /** SIGKILL, as a crash would be; the data stay for `start`. */
  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  /** Ends the broker and removes everything. */
  async stop(): Promise<void> {
    await this.#child?.kill();
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Runs one of Kafka's own tools to its end and gives what it printed. */
  async tool(mainClass: string, args: readonly string[], { input }: KafkaTool = {}): Promise<string> {
    if (input === undefined) return (await runTool(this.programs.java, this.#arguments(mainClass, args))).stdout;
    const process = this.spawnTool(mainClass, args);
    const writer = process.stdin.getWriter();
    const output = process.output();
    await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await writer.close();
    const { code, stdout, stderr } = await output;
    const text = new TextDecoder();
    if (code !== 0) throw new Error(`${mainClass} ended with code ${code}: ${text.decode(stderr).slice(-2_000)}`);
    return text.decode(stdout);
  }

  /** Starts one of Kafka's own tools; whoever starts it ends it. */
  spawnTool(mainClass: string, args: readonly string[]): Deno.ChildProcess {
    const options = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    return new Deno.Command(this.programs.java, { args: this.#arguments(mainClass, args), ...options }).spawn();
  }

  #arguments(mainClass: string, args: readonly string[]): string[] {
    return [...TOOL_JVM, ...this.#java(), mainClass, ...args];
  }

  /** Writes lines to a topic with Kafka's own console producer. */
  async produce(topic: string, lines: readonly string[], args: readonly string[] = []): Promise<void> {
    await this.tool("org.apache.kafka.tools.ConsoleProducer", [
      ...["--bootstrap-server", this.broker(), "--topic", topic],
      ...args,
    ], { input: lines.map((line) => line + "\n").join("") });
  }

  #java(): string[] {
    return ["-Dorg.slf4j.simpleLogger.defaultLogLevel=info", "-cp", join(this.programs.libs, "*")];
  }

  #running(): Child {
    if (!this.#child) throw new Error("the broker was not started");
    return this.#child;
  }
}
