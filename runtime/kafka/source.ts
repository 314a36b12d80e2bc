/**
 * What the ingest stage needs of a Kafka client: membership of a consumer group, the raw bytes of each assigned partition in
 * order, pausing, commits. Clients differ in speed and protocol, not in this.
 */

import type { KerberosAccount } from "./security/gssapi.ts";
import type { MskAccount } from "./security/msk_iam.ts";
import type { OAuthClient } from "./security/oauth_tokens.ts";

export const KAFKA_CLIENTS = ["platformatic", "kafkajs"] as const;
export type KafkaClientName = typeof KAFKA_CLIENTS[number];

/** How brokers are reached. Never logged. */
export interface KafkaAddress {
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly protocol: "PLAINTEXT" | "SASL_PLAINTEXT" | "SSL" | "SASL_SSL";
  readonly mechanism:
    | "NO_AUTH"
    | "PLAIN"
    | "SCRAM-SHA-256"
    | "SCRAM-SHA-512"
    | "OAUTHBEARER"
    | "AWS_MSK_IAM"
    | "GSSAPI";
  readonly username: string;
  readonly password: string;
  /** Of OAUTHBEARER: whom to ask for tokens. */
  readonly oauth?: OAuthClient;
  /** Of AWS_MSK_IAM. */
  readonly aws?: MskAccount;
  /** Of GSSAPI. */
  readonly kerberos?: KerberosAccount;
  /** PEM texts; empty = none. */
  readonly rootCa: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  readonly skipVerification: boolean;
}

export interface KafkaSettings extends KafkaAddress {
  readonly client: KafkaClientName;
  readonly topic: string;
  readonly groupId: string;
  /** Static membership: a member that comes back under this name soon enough keeps its partitions. */
  readonly instanceId: string;
  /** Where a group without offsets begins. */
  readonly initial: "earliest" | "latest";
}

/** A partition that this member reads from now on. */
export interface AssignedPartition {
  readonly partition: number;
  /** The topic's incarnation: a topic that is made anew has another one, and its offsets start over. */
  readonly topicId: string;
  /** The next offset to be read: everything before it is confirmed. */
  readonly offset: number;
}

/** Records in the order of their offsets. Their keys and values are ranges of one buffer: [2i] is the start, [2i + 1] the end. */
export interface RecordBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly offsets: Float64Array;
  /** Milliseconds since 1970. */
  readonly timestamps: Float64Array;
  /** A start of −1: null. */
  readonly keys: Int32Array;
  readonly values: Int32Array;
}

/** What one fetch brought of a partition. */
export interface FetchedRecords {
  readonly partition: number;
  readonly batches: readonly RecordBatch[];
  /** The offset that is fetched next: also control records and aborted ones are behind it. */
  readonly nextOffset: number;
  /** The offset that the next record of the partition will get. */
  readonly highWatermark: number;
}

export interface SourceListener {
  assigned(partition: AssignedPartition): void;
  /** The partitions are about to be another member's. What is confirmed may be committed until this resolves. */
  revoked(partitions: readonly number[]): Promise<void>;
  fetched(records: FetchedRecords): void;
  /** Why nothing can be read; null = it can. */
  waiting(reason: string | null, personMustAct?: boolean): void;
  /** Records that the brokers no longer had when they were due. */
  lost(partition: number, from: number, to: number): void;
}

export interface KafkaSource {
  /** Joins the group and reads until `stop`. Rejects when this member has to be started again. */
  run(listener: SourceListener): Promise<void>;
  /** Nothing more is fetched of the partition until `resume`; what is under way still comes. */
  pause(partition: number): void;
  resume(partition: number): void;
  /** Offsets to be read next, by partition. Rejects when the brokers do not store them. */
  commit(offsets: ReadonlyMap<number, number>): Promise<void>;
  /** Nothing more is fetched; the membership goes on. */
  stop(): void;
  /** Leaves the group and closes every connection. */
  close(): Promise<void>;
}
