/** Running a program to its end, and finding programs on PATH. */
import { delimiter, join } from "node:path";

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

/** A program ended with a code other than 0, or could not be started. */
export class ToolFailed extends Error {
  override readonly name = "ToolFailed";
}

/** Runs a program and returns what it printed; throws ToolFailed with its last error lines when it fails. */
export async function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(command, { args: [...args], stdin: "null", ...options }).output();
  } catch (cause) {
    throw new ToolFailed(`${command} could not be started: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  const text = new TextDecoder();
  const result = { code: output.code, stdout: text.decode(output.stdout), stderr: text.decode(output.stderr) };
  if (result.code !== 0) {
    const said = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-6).join("\n  ");
    throw new ToolFailed(`${command} ${args[0] ?? ""} failed with code ${result.code}: ${said}`);
  }
  return result;
}

/** The first executable file of this name on PATH. */
export async function findOnPath(name: string): Promise<string | undefined> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(delimiter)) {
    if (folder !== "" && await isExecutable(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    const info = await Deno.stat(path);
    return info.isFile && ((info.mode ?? 0o111) & 0o111) !== 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}
