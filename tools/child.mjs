/**
 * Runs a program to its end. SIGINT, SIGTERM and SIGHUP are passed on, exactly once each: the program runs in a session
 * of its own, so that Ctrl-C does not reach it twice.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";

const PASSED_ON = { SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGTERM" };

/** Resolves to the exit code (128 + the signal's number when a signal ended it) and, when asked for, what it printed. */
export function run(command, args, { cwd, env = {}, keepOutput = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", keepOutput ? "pipe" : "inherit", "inherit"],
    });
    const listeners = Object.entries(PASSED_ON).map(([signal, sent]) => [signal, () => child.kill(sent)]);
    for (const [signal, listener] of listeners) process.on(signal, listener);
    const forget = () => listeners.forEach(([signal, listener]) => process.off(signal, listener));
    const chunks = [];
    child.stdout?.on("data", (chunk) => {
      chunks.push(chunk);
      process.stdout.write(chunk);
    });
    child.on("error", (error) => {
      forget();
      reject(error);
    });
    child.on("close", (code, signal) => {
      forget();
      const status = code ?? 128 + (constants.signals[signal] ?? 0);
      resolve({ code: status, output: Buffer.concat(chunks).toString("utf8") });
    });
  });
}
