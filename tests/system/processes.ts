/** The processes that this one has started, whatever session they are in: a stopped system must leave none of them. */

interface Listed {
  readonly pid: number;
  readonly parent: number;
  /** Start time and command: tells a process from a later one with the same pid. */
  readonly identity: string;
}

async function list(): Promise<Listed[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-axo", "pid=,ppid=,stat=,lstart=,command="] }).output();
  return new TextDecoder().decode(stdout).split("\n").flatMap((line) => {
    const [, pid, parent, state, rest] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (!pid || state.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), identity: `${pid} ${rest.slice(0, 300)}` }];
  });
}

/** Identities of all descendants of `root` (not itself). */
export async function descendants(root: number): Promise<Set<string>> {
  const all = await list();
  const found = new Map<number, string>();
  for (let more = true; more;) {
    more = false;
    for (const { pid, parent, identity } of all) {
      if (found.has(pid) || (parent !== root && !found.has(parent)) || / ps -axo /.test(identity)) continue;
      found.set(pid, identity);
      more = true;
    }
  }
  return new Set(found.values());
}

/** Those of the given processes that still run after `patienceMs`. */
export async function stillRunning(identities: ReadonlySet<string>, patienceMs = 5_000): Promise<string[]> {
  for (const until = performance.now() + patienceMs;;) {
    const now = new Set((await list()).map(({ identity }) => identity));
    const left = [...identities].filter((identity) => now.has(identity));
    if (left.length === 0 || performance.now() > until) return left;
    await new Promise((next) => setTimeout(next, 100));
  }
}
