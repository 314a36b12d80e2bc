/**
 * Where the API connects when a client names the address: no request of a client may reach what only this machine should. By
 * default everything but link-local addresses, among them the metadata services of clouds, and what is no host's address;
 * a list leaves only what is on it. A name is judged by all addresses that it has.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { PipelineError } from "../errors.ts";

/** An address that may not be connected to. */
export class AddressForbidden extends PipelineError {
  override readonly name = "AddressForbidden";
  readonly code = "ADDRESS_FORBIDDEN";
  readonly retryable = false;
}

export class BadAllowList extends Error {
  override readonly name = "BadAllowList";
}

export const ALLOW_LIST_VARIABLE = "GLASSFLOW_DISCOVERY_ALLOW";

const NEVER = new BlockList();
NEVER.addSubnet("0.0.0.0", 8);
NEVER.addSubnet("169.254.0.0", 16);
NEVER.addSubnet("224.0.0.0", 3);
NEVER.addSubnet("fe80::", 10, "ipv6");
NEVER.addSubnet("ff00::", 8, "ipv6");
NEVER.addAddress("::", "ipv6");
NEVER.addAddress("fd00:ec2::254", "ipv6");
NEVER.addAddress("100.100.100.200");

export type Resolve = (host: string) => Promise<readonly string[]>;

const byDns: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

export class AllowList {
  readonly #names: readonly string[];
  readonly #networks: BlockList | null;

  /** `text`: host names, `*.` and a domain, addresses and networks (`10.0.0.0/8`), separated by commas; empty: the default. */
  constructor(text: string, readonly resolve: Resolve = byDns) {
    const entries = text.split(",").map((entry) => entry.trim().toLowerCase()).filter(Boolean);
    const networks = new BlockList();
    const names: string[] = [];
    for (const entry of entries) {
      const [address, bits] = entry.split("/");
      const family = isIP(address);
      const width = family === 6 ? 128 : 32;
      if (family !== 0 && bits === undefined) networks.addAddress(address, `ipv${family as 4 | 6}`);
      else if (family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= width) {
        networks.addSubnet(address, Number(bits), `ipv${family as 4 | 6}`);
      } else if (family === 0 && bits === undefined && /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(entry)) {
        names.push(entry);
      } else {throw new BadAllowList(
          `${ALLOW_LIST_VARIABLE}: ${JSON.stringify(entry)} is no host, *.domain, address or network`,
        );}
    }
    this.#names = names;
    this.#networks = entries.length > 0 ? networks : null;
  }

  /** @throws {AddressForbidden} */
  async check(host: string): Promise<void> {
    const name = host.replace(/^\[|\]$/g, "").toLowerCase();
    let addresses: readonly string[];
    try {
      addresses = isIP(name) ? [name] : await this.resolve(name);
    } catch {
      throw new AddressForbidden(`${host} cannot be found: check the name`);
    }
    const listed = this.#names.some((entry) => entry.startsWith("*.") ? name.endsWith(entry.slice(1)) : name === entry);
    for (const address of addresses) {
      if (within(NEVER, address)) {
        throw new AddressForbidden(`${host} is an address that is never connected to on behalf of a client`);
      }
      if (this.#networks && !listed && !within(this.#networks, address)) {
        throw new AddressForbidden(`${host} is not on the list of allowed hosts: add it to ${ALLOW_LIST_VARIABLE}`);
      }
    }
  }

  /** Of a URL. @throws {AddressForbidden} */
  async checkUrl(url: string): Promise<void> {
    await this.check(new URL(url).hostname);
  }
}

/** Of a URL whose host is an address: whether it is one that is never connected to. */
export function isForbiddenAddress(url: string): boolean {
  const host = URL.parse(url)?.hostname.replace(/^\[|\]$/g, "") ?? "";
  return isIP(host) !== 0 && within(NEVER, host);
}

function within(list: BlockList, address: string): boolean {
  const plain = address.split("%")[0];
  return list.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
}
