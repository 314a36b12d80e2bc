/** The routes that serve the OpenAPI document and its schemas. */
import { json } from "./respond.ts";
import type { Route } from "./routes.ts";
import { openApiDocument } from "./openapi/document.ts";

export function openApiRoutes(): Route[] {
  return [
    { method: "ANY", path: "/api/v1/openapi.json", handle: () => json(openApiDocument()) },
    {
      method: "GET",
      path: "/schemas/{name}",
      handle({ url }) {
        const name = url.pathname.slice("/schemas/".length).replace(/\.json$/, "");
        const { schemas } = openApiDocument().components;
        return json(Object.hasOwn(schemas, name) ? schemas[name] : null);
      },
    },
  ];
}
