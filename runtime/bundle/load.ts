/** Loads a bundle whose bytes have the digest they were ordered under. */
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import type { Stage } from "../stage.ts";

export class BundleMismatch extends Error {
  override readonly name = "BundleMismatch";
  readonly code = "BUNDLE_MISMATCH";
}

/** SHA-256 of a bundle's bytes, hex, shortened to the 32 digits that its file name bears. */
export function bundleDigest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 32);
}

export async function loadBundle(path: string, digest: string): Promise<Stage> {
  const found = bundleDigest(await Deno.readFile(path));
  if (found !== digest) {
    throw new BundleMismatch(
      `the bundle's digest is ${found}, ordered was ${digest}: the file was changed; delete it, it is made again`,
    );
  }
  const module: { stage: Stage } = await import(pathToFileURL(path).href);
  return module.stage;
}
