/** Frozen baseline: the bundler on a stage whose program is nothing but a constant. */
import { bundleStage } from "../../runtime/bundle/bundle.ts";

export async function bundleEmpty(stageEntry: string, outDir: string): Promise<void> {
  await bundleStage({ stageEntry, program: "export const program = {};\n", outDir });
}
