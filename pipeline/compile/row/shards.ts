/** Splits a block of scanned records by the shards of their keys. */
import { type Block, BlockWriter, gather, type Layout, readBlock, type WrittenBlock } from "../../native/mod.ts";
import type { ShardBlock } from "../program.ts";

/** Fills `out` with the shard of every row; rows without a key get `home`. */
export type ShardsOf = (block: Block, home: number, out: Int32Array) => void;

export function wholeBlock(whole: WrittenBlock, home: number): ShardBlock[] {
  if (whole.rows === 0) return [];
  return [{ ...whole, shard: home, records: Int32Array.from({ length: whole.rows }, (_, row) => row) }];
}

export function splitByShard(
  whole: WrittenBlock,
  layout: Layout,
  shards: number,
  shardsOf: ShardsOf,
  home: number,
): ShardBlock[] {
  if (whole.rows === 0) return [];
  const block = readBlock(whole.block, 0, layout);
  const shardOfRow = new Int32Array(whole.rows);
  shardsOf(block, home, shardOfRow);
  const rows = Array.from({ length: shards }, (): number[] => []);
  shardOfRow.forEach((shard, row) => rows[shard].push(row));
  const writer = new BlockWriter(layout);
  return rows.flatMap((records, shard): ShardBlock[] => {
    if (records.length === 0) return [];
    if (records.length === whole.rows) return wholeBlock(whole, shard);
    const selection = Int32Array.from(records);
    writer.reset();
    block.columns.forEach(({ column, type }, i) => gather(column, type, selection, writer.columns[i]));
    return [{ ...writer.finish(), shard, records: selection }];
  });
}
