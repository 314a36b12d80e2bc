/**
 * Apache Kafka from its Maven artifacts: the broker and its own command-line tools as a folder of jars, fetched once into the
 * cache folder. Needs Java 17 or newer (what Kafka 4 brokers ask for) and, the first time, Maven.
 *
 * `GLASSFLOW_KAFKA_LIBS` names a folder of jars instead, such as `libs` of an unpacked release.
 */
import { join } from "node:path";
import { cached } from "../../runtime/services/cache.ts";
import { findOnPath, runTool } from "../../runtime/services/run_tool.ts";

/** The newest release whose tools are published too. */
export const KAFKA_VERSION = "4.3.1";
const OLDEST_JAVA = 17;
/** The tools log through slf4j 1; without a binding errors would be lost. */
const SLF4J_VERSION = "1.7.36";

/** No Kafka can be run on this machine. */
export class KafkaNotFound extends Error {
  override readonly name = "KafkaNotFound";
}

export interface KafkaPrograms {
  readonly java: string;
  /** Folder of jars. */
  readonly libs: string;
}

export async function findKafka(): Promise<KafkaPrograms> {
  const java = await findJava();
  const named = Deno.env.get("GLASSFLOW_KAFKA_LIBS");
  if (named) {
    if (await hasJars(named)) return { java, libs: named };
    throw new KafkaNotFound(`GLASSFLOW_KAFKA_LIBS is ${named}, where no kafka-clients jar is`);
  }
  return { java, libs: await cached(`kafka-${KAFKA_VERSION}-libs`, fetchJars) };
}

async function findJava(): Promise<string> {
  const home = Deno.env.get("JAVA_HOME");
  const java = home ? join(home, "bin", "java") : await findOnPath("java");
  if (java === undefined) throw new KafkaNotFound("no java program on PATH: install a Java runtime, 17 or newer");
  const { stderr, stdout } = await runTool(java, ["-version"]);
  const version = Number(/version "(\d+)/.exec(stderr + stdout)?.[1] ?? 0);
  if (version >= OLDEST_JAVA) return java;
  throw new KafkaNotFound(`${java} is Java ${version || "of unknown version"}, Kafka needs ${OLDEST_JAVA} or newer`);
}

async function hasJars(folder: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(folder)) if (/^kafka-clients-.*\.jar$/.test(name)) return true;
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function fetchJars(made: string, folder: string): Promise<void> {
  const maven = await findOnPath("mvn");
  if (maven === undefined) {
    throw new KafkaNotFound(
      "no mvn program on PATH to fetch Kafka with: install Maven, or set GLASSFLOW_KAFKA_LIBS to a folder of Kafka's jars",
    );
  }
  const artifacts = [
    ["org.apache.kafka", "kafka_2.13", KAFKA_VERSION],
    ["org.apache.kafka", "kafka-tools", KAFKA_VERSION],
    ["org.slf4j", "slf4j-simple", SLF4J_VERSION],
  ];
  const dependencies = artifacts.map(([groupId, artifactId, version]) =>
    `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`
  );
  const pom = join(folder, "pom.xml");
  await Deno.writeTextFile(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>glassflow</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
<dependencies>${dependencies.join("")}</dependencies></project>`,
  );
  await runTool(maven, [
    ...["--batch-mode", "--quiet", "--file", pom],
    "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
    ...["-DincludeScope=runtime", `-DoutputDirectory=${made}`],
  ]);
}
