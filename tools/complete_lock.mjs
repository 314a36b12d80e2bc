/**
 * Completes package-lock.json: npm leaves out optional packages of other platforms when it cannot fetch their manifest
 * while locking, and `npm ci` then refuses the file. Their version is exact in the package that wants them; platform and
 * processor are in their names. Run after every change of dependencies: `node tools/complete_lock.mjs`.
 */
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const OS = { darwin: "darwin", linux: "linux", win32: "win32" };
const CPU = { x64: "x64", arm64: "arm64" };

let added = 0;
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (lock.packages[path]) continue;
    const words = name.split(/[/-]/);
    const os = words.map((word) => OS[word]).find(Boolean);
    const cpu = words.map((word) => CPU[word]).find(Boolean);
    if (!os || !cpu) throw new Error(`${name} is missing in the lock file and its name tells no platform`);
    const libc = words.includes("glibc") || words.includes("gnu") ? { libc: ["glibc"] } : {};
    lock.packages[path] = { version, cpu: [cpu], ...libc, optional: true, os: [os] };
    added++;
  }
}
const sorted = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")),
);
writeFileSync(file, JSON.stringify({ ...lock, packages: sorted }, null, 2) + "\n");
console.log(`${added} packages added`);
