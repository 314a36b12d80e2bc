/**
 * The folder of bundles on this machine. A bundle stays as long as somebody holds it, since a worker that is started again
 * reads it again; what nobody holds is removed. Pipelines with equal programs share one.
 */
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { type Bundle, type BundleRequest, bundleStage } from "./bundle.ts";

/** Also a temporary file that a crash left behind. */
const BUNDLE = /^[a-z]+-[0-9a-f]{32}\.js(?:\..+)?$/;

export class BundleFolder {
  /** By holder, paths. */
  readonly #held = new Map<object, Set<string>>();
  /** Bundles that are being made: their names are not known yet, so nothing is removed meanwhile. */
  #making = 0;
  #untidy = false;
  #tidying: Promise<void> | null = null;

  constructor(readonly path: string, readonly onError: (message: string) => void = () => {}) {}

  /** Makes a bundle, or the same again, and keeps it for the holder. */
  async make(holder: object, request: Omit<BundleRequest, "outDir">): Promise<Bundle> {
    while (this.#tidying) await this.#tidying;
    this.#making++;
    try {
      const bundle = await bundleStage({ ...request, outDir: this.path });
      const paths = this.#held.get(holder) ?? new Set();
      this.#held.set(holder, paths.add(bundle.path));
      return bundle;
    } finally {
      this.#making--;
      if (this.#untidy) void this.tidy();
    }
  }

  /** The holder needs none any more. */
  release(holder: object): void {
    if (this.#held.delete(holder)) void this.tidy();
  }

  /** Removes what nobody holds, at the latest when the last bundle that is being made is there. */
  async tidy(): Promise<void> {
    this.#untidy = true;
    while (this.#tidying) await this.#tidying;
    if (!this.#untidy || this.#making > 0) return;
    this.#untidy = false;
    this.#tidying = this.#removeUnheld().finally(() => this.#tidying = null);
    await this.#tidying;
  }

  async #removeUnheld(): Promise<void> {
    try {
      const held = new Set([...this.#held.values()].flatMap((paths) => [...paths]));
      for await (const { name, isFile } of Deno.readDir(this.path)) {
        const path = join(this.path, name);
        if (isFile && BUNDLE.test(name) && !held.has(path)) await Deno.remove(path);
      }
    } catch (error) {
      // Bundles that stay cost space only.
      if (!(error instanceof Deno.errors.NotFound)) this.onError(messageOf(error));
    }
  }
}
