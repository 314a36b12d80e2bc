// Custom functions on web requests: user agents and paths.
import { textArguments } from "./custom_arguments.ts";

type Rule = readonly [answer: string, ...anyOf: string[]];

const BROWSERS: readonly Rule[] = [
  ["Edge", "edg/"],
  ["Chrome", "chrome", "crios"],
  ["Firefox", "firefox", "fxios"],
  ["Safari", "safari"],
];
const SYSTEMS: readonly Rule[] = [
  ["iOS", "iphone", "ipad", "ipod"],
  ["Android", "android"],
  ["Windows", "windows"],
  ["macOS", "mac os", "macintosh"],
  ["Linux", "linux"],
];

/** `device`, `browser` or `os` of a user agent; the empty text for an empty user agent or another field. */
export function customParseUserAgent(...args: unknown[]): string {
  const [agent, field] = textArguments(args, 2, "parseUserAgent");
  if (agent === "") return "";
  const lower = agent.toLowerCase();
  if (field === "device") return device(lower);
  if (field === "browser") return first(BROWSERS, lower);
  return field === "os" ? first(SYSTEMS, lower) : "";
}

function device(agent: string): string {
  if (agent.includes("ipad") || (agent.includes("android") && !agent.includes("mobile"))) return "Tablet";
  return ["mobile", "iphone", "android"].some((part) => agent.includes(part)) ? "Mobile" : "Desktop";
}

function first(rules: readonly Rule[], agent: string): string {
  const rule = rules.find(([, ...parts]) => parts.some((part) => agent.includes(part)));
  return rule === undefined ? "Unknown" : rule[0];
}

/** The known collection endpoints of click logs. */
export function customExtractPathType(...args: unknown[]): string {
  const [path] = textArguments(args, 1, "extractPathType");
  if (path === "/g/collect") return "collect";
  return path === "/_/set_cookie" ? "set_cookie" : "unknown";
}
