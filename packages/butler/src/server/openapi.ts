import * as z from "zod";
import { CALL_SCHEMAS, ROW_QUERY } from "./call-schemas.ts";
import { V1_BODIES } from "./v1-routes.ts";
import { allDatasetsSchema, executeSchema } from "./wire-query.ts";

function operation(summary: string, schema?: z.ZodType): object {
  const jsonSchema =
    schema === undefined ? undefined : z.toJSONSchema(schema, { unrepresentable: "any", io: "input" });
  return {
    summary,
    security: [{ bearer: [] }],
    ...(jsonSchema === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: jsonSchema } } } }),
    responses: {
      200: { description: "The answer, as JSON or as JSON lines." },
      400: { description: "The request is not as it should be." },
      401: { description: "No credentials, or none that are accepted." },
      403: { description: "The caller may not do this." },
      422: { description: "It cannot be done; `code` and `detail` say why." },
      503: { description: "Too many queries under way; `Retry-After` says when to ask again." },
    },
  };
}

/** The OpenAPI 3.1 document of the server, made of the schemas by which it checks requests. */
export function createOpenApi(): object {
  const paths: Record<string, object> = {
    "/butler.yaml": { get: operation("Configuration by which the original's client finds this server") },
    "/health": { get: operation("Whether the server answers") },
    "/v1/universe": { get: operation("The dimension universe") },
    "/v1/dataset_type/{name}": { get: operation("A dataset type") },
    "/v1/dataset/{id}": { get: operation("A dataset") },
    "/v1/dataset/{id}/download": { get: operation("Leads to where a dataset's file is") },
    "/v1/get_file/{id}": { get: operation("A dataset with URLs of its files") },
    "/v1/collection_info": { get: operation("A collection") },
    "/v1/collection_summary": { get: operation("What a collection may hold") },
    "/v1/query/execute": { post: operation("Rows of a query, as JSON lines", executeSchema) },
    "/v1/query/all_datasets": {
      post: operation("Datasets of several types, as JSON lines", allDatasetsSchema),
    },
    "/v1/query/count": { post: operation("How many rows a query has", executeSchema) },
    "/v1/query/any": { post: operation("Whether a query has rows") },
    "/v1/query/explain": { post: operation("Why a query has no rows") },
    "/almagest/v1/stream": {
      post: operation("Datasets of a query, as JSON lines", CALL_SCHEMAS.queryDatasets),
    },
    "/almagest/v1/stream-rows": {
      post: operation("Rows of dimensions and fields, as JSON lines", ROW_QUERY),
    },
    "/almagest/v1/upload/{id}": { put: operation("Sends a file for ingestUploads") },
    "/almagest/v1/file/{id}": { get: operation("A dataset's file, by signed URL; takes Range") },
  };
  for (const [path, schema] of Object.entries(V1_BODIES))
    paths[`/v1/${path}`] = { post: operation(path, schema) };
  for (const [method, schema] of Object.entries(CALL_SCHEMAS)) {
    paths[`/almagest/v1/call/${method}`] = { post: operation(`${method} of the Butler`, schema) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Almagest Butler", version: "1" },
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } },
    paths,
  };
}
