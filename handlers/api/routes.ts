/**
 * A route of the API, and how routes become a hono app.
 *
 * Guarantees: an unknown path is 404 text; a known path with another method is 405 without a body (HEAD included);
 * every request is counted by route template; every matched request is logged as one line; an error that is not meant
 * for clients is masked, and logged under the answer's `X-Request-Id`.
 */
import { Hono } from "hono";
import type { Metrics } from "../../runtime/metrics.ts";
import { type ConfigurationBody, readConfiguration, readJson, readText } from "./body.ts";
import { problemOf } from "./problem.ts";
import { empty, json } from "./respond.ts";

export interface Call {
  readonly request: Request;
  readonly url: URL;
  /** The path's `{id}`; empty on routes without one. */
  readonly id: string;
  /** Reads the JSON body; throws a `Problem`. */
  body(): Promise<unknown>;
  /** Reads the JSON body's text, for routes to which the spelling of numbers matters; throws a `Problem`. */
  text(): Promise<string>;
  /** Reads a body that is a configuration, JSON or YAML; throws a `Problem`. */
  configuration(): Promise<ConfigurationBody>;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "ANY";
  /** Template such as `/api/v1/pipeline/{id}`. */
  readonly path: string;
  handle(call: Call): Promise<Response> | Response;
}

/** The part of a logger the API uses; pino's fits. */
export interface ApiLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RouterOptions {
  log: ApiLog;
  metrics: Metrics;
  /** Milliseconds that never go back. */
  clock: () => number;
  bodyDeadlineMs?: number;
}

/** Where the request came from, as `Deno.serve` tells its handler. */
export interface Peer {
  readonly remoteAddr?: { readonly transport: string; readonly hostname?: string };
}

export type Fetch = (request: Request, peer?: Peer) => Promise<Response>;

/** Asked by machines every few seconds: told at debug level only, unless it fails. */
const QUIET =
  /^\/(?:internal\/|metrics$|api\/v\d\/(?:(?:healthz|readyz)$|pipeline\/[^/]+\/(?:health|ledger|dlq\/state)$))/;
/** Nothing is broken: the client asked for what this release does not have. */
const NOT_IMPLEMENTED = 501;
const REQUEST_BOUNDS = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10];

export function createRouter(routes: readonly Route[], options: RouterOptions): Fetch {
  const { log, metrics, clock } = options;
  const count = metrics.counter("gfm_http_server_request_count_total", "Requests by route and status");
  const duration = metrics.histogram(
    "gfm_http_server_request_duration_seconds",
    "Time to answer a request",
    REQUEST_BOUNDS,
  );
  const app = new Hono<{ Bindings: Seen }>();
  for (const route of routes) {
    const methods = route.method === "ANY" ? ["GET", "POST", "PUT", "PATCH", "DELETE"] : [route.method];
    app.on(methods, pattern(route.path), async (c) => {
      const request = c.req.raw;
      const id = c.req.param("id") ?? "";
      Object.assign(c.env, { template: route.path, handled: true });
      try {
        return await route.handle({
          request,
          url: new URL(request.url),
          id,
          body: () => readJson(request, options.bodyDeadlineMs),
          text: () => readText(request, options.bodyDeadlineMs),
          configuration: () => readConfiguration(request, options.bodyDeadlineMs),
        });
      } catch (error) {
        const problem = problemOf(error, id || undefined);
        if (problem.status >= 500 && problem.status !== NOT_IMPLEMENTED) {
          log.error({ request_id: c.env.requestId, pipeline_id: id || undefined, err: error }, "request failed");
        }
        return json(problem.body(), problem.status, problem.status === 503 ? { "retry-after": "1" } : {});
      }
    });
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    app.all(pattern(path), (c) => {
      c.env.template = path;
      return empty(405);
    });
  }
  app.notFound(() => new Response("404 page not found", { status: 404, headers: { "content-type": "text/plain" } }));

  return async (request, peer) => {
    const started = clock();
    const url = URL.parse(request.url);
    if (!url) return empty(400); // a Host header that is no host
    const seen: Seen = { requestId: crypto.randomUUID(), template: "unknown", handled: false };
    const response = needsCleaning(request.url, url) ? cleaned(url) : await app.fetch(known(request), seen);
    const seconds = (clock() - started) / 1000;
    const labels = { method: request.method, path: seen.template };
    count.add(1, { ...labels, status: String(response.status) });
    duration.observe(seconds, { ...labels, status: String(response.status) });
    if (seen.handled) {
      response.headers.set("x-request-id", seen.requestId);
      const line = {
        request_id: seen.requestId,
        method: request.method,
        path: url.pathname,
        status: response.status,
        latency: seconds,
        remote_ip: peer?.remoteAddr?.hostname,
        host: url.host,
        referer: request.headers.get("referer") ?? undefined,
        user_agent: request.headers.get("user-agent") ?? undefined,
      };
      if (response.status === NOT_IMPLEMENTED) log.warn(line, "request");
      else if (response.status >= 500) log.error(line, "request");
      else if (QUIET.test(url.pathname)) log.debug(line, "request");
      else log.info(line, "request");
    }
    return response;
  };
}

/** What is learnt about a request on its way; travels as hono's environment. */
interface Seen {
  readonly requestId: string;
  template: string;
  handled: boolean;
}

function pattern(template: string): string {
  return template.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** hono answers HEAD with GET's route; here it is a method like any other. */
function known(request: Request): Request {
  return request.method === "HEAD" ? new Request(request.url, { method: "UNKNOWN" }) : request;
}

/** `//` or dot segments in the path. A server may hand the request's target on as it came. */
function needsCleaning(raw: string, url: URL): boolean {
  return url.pathname.includes("//") || /\/\.{1,2}(?:[/?#]|$)/.test(raw.split("?", 1)[0]);
}

function cleaned(url: URL): Response {
  const location = url.pathname.replaceAll(/\/{2,}/g, "/") + url.search;
  return new Response(null, { status: 301, headers: { location } });
}
