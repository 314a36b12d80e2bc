/**
 * Runs a program to its end. SIGINT, SIGTERM and SIGHUP are passed on: the program runs in a session of its own, so that
 * Ctrl-C does not reach it twice. When npm, which started this process, is gone, the program is asked to end.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";

const PASSED_ON = { SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGTERM" };
/** A terminal and npm both send Ctrl-C here: what comes within this time is one wish, not two. */
const ONE_WISH_MS = 500;
const PARENT = process.ppid;
const PARENT_EVERY_MS = 500;

/**
 * Resolves to the exit code (128 + the signal's number when a signal ended it) and, when asked for, what it printed.
 * `tied`: the program's standard input ends when this process does, however that happens.
 */
export function run(command, args, { cwd, env = {}, keepOutput = false, tied = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: [tied ? "pipe" : "ignore", keepOutput ? "pipe" : "inherit", "inherit"],
    });
    let last = -Infinity;
    const pass = (signal) => {
      if (performance.now() - last < ONE_WISH_MS) return;
      last = performance.now();
      child.kill(signal);
    };
    const listeners = Object.entries(PASSED_ON).map(([signal, sent]) => [signal, () => pass(sent)]);
    for (const [signal, listener] of listeners) process.on(signal, listener);
    const watching = whenNpmIsGone(() => pass("SIGTERM"));
    const forget = () => {
      clearInterval(watching);
      for (const [signal, listener] of listeners) process.off(signal, listener);
    };
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

/** A process that npm started should not outlive it; one that a shell put into the background may outlive the shell. */
function whenNpmIsGone(call) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const watching = setInterval(() => {
    if (process.ppid === PARENT) return;
    clearInterval(watching);
    call();
  }, PARENT_EVERY_MS);
  return watching;
}
