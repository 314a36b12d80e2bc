/**
 * The folder that outlives a start. One system uses it at a time: the lock goes away with the process that holds it, however
 * that ends.
 */
import { join } from "node:path";
import { messageOf } from "../runtime/errors.ts";

/** Another system runs on this data. */
export class DataDirInUse extends Error {
  override readonly name = "DataDirInUse";
}

export class DataDirUnusable extends Error {
  override readonly name = "DataDirUnusable";
}

export interface DataDir {
  /** The system that used it before did not end in order: its servers may still be leaving. */
  readonly crashed: boolean;
  release(): Promise<void>;
}

export async function takeDataDir(path: string): Promise<DataDir> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(path, { recursive: true });
    file = await Deno.open(join(path, "lock"), { read: true, write: true, create: true });
  } catch (error) {
    throw new DataDirUnusable(
      `the data directory ${path} cannot be used (${messageOf(error)}): make it a folder that can be written, ` +
        "or set GLASSFLOW_DATA_DIR to another one",
      { cause: error },
    );
  }
  const owner = (await Deno.readTextFile(join(path, "lock"))).trim();
  if (!await file.tryLock(true)) {
    file.close();
    throw new DataDirInUse(
      `${path} is used by another glassflow${owner ? ` (process ${owner})` : ""}: stop it, ` +
        "or set GLASSFLOW_DATA_DIR and the ports to start a second one",
    );
  }
  const write = async (text: string) => {
    await file.truncate();
    await file.seek(0, Deno.SeekMode.Start);
    await file.write(new TextEncoder().encode(text));
  };
  await write(`${Deno.pid}\n`);
  return {
    crashed: owner !== "",
    async release() {
      await write("");
      file.close();
    },
  };
}
