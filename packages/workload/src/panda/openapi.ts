import type { Json } from "@almagest/base";
import { z } from "zod";
import type { Call } from "./call.ts";
import { PANDA_CALLS } from "./calls.ts";
import { legacyName } from "./legacy-names.ts";

const ENVELOPE: Json = {
  type: "object",
  required: ["success", "message", "data"],
  properties: { success: { type: "boolean" }, message: { type: "string" }, data: {} },
};

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
}

function schemaOf(call: Call): ObjectSchema {
  // Parameters may come as texts, so what is described is what they are after reading.
  return z.toJSONSchema(call.parameters, { io: "output", unrepresentable: "any" }) as ObjectSchema;
}

function takes(call: Call, legacy: boolean): Json {
  const { properties = {}, required = [] } = schemaOf(call);
  const rename = legacy ? legacyName : (name: string): string => name;
  if (call.method === "GET") {
    return {
      parameters: Object.entries(properties).map(([name, schema]) => ({
        name: rename(name),
        in: "query",
        required: required.includes(name),
        schema,
      })),
    };
  }
  const schema: Json = {
    type: "object",
    properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [rename(name), each])),
    ...(required.length === 0 ? {} : { required: required.map(rename) }),
  };
  const form = legacy ? { "application/x-www-form-urlencoded": { schema } } : {};
  return { requestBody: { content: { "application/json": { schema }, ...form } } };
}

function operation(call: Call, legacy: boolean): Json {
  const answer = legacy ? { type: "object", properties: { StatusCode: { type: "integer" } } } : ENVELOPE;
  const refusals = {
    "401": { description: "no, wrong or expired credentials" },
    "403": { description: "not this role" },
  };
  return {
    summary: call.summary,
    operationId: legacy ? call.legacy! : call.v1!.replaceAll("/", "_"),
    tags: [legacy ? "legacy" : call.v1!.split("/")[0]!],
    "x-role": call.needs,
    ...(takes(call, legacy) as Readonly<Record<string, Json>>),
    responses: {
      "200": { description: "done, or why not", content: { "application/json": { schema: answer } } },
      ...(call.needs === "anyone" ? {} : refusals),
    },
    security: call.needs === "anyone" ? [] : [{ token: [] }, { certificate: [] }],
  };
}

/** The OpenAPI 3.1 document of everything that is served, made from the calls' own schemas. */
export function describeApi(): Json {
  const paths: Record<string, Json> = {};
  for (const call of PANDA_CALLS) {
    const method = call.method.toLowerCase();
    if (call.v1 !== undefined) paths[`/api/v1/${call.v1}`] = { [method]: operation(call, false) };
    if (call.legacy !== undefined)
      paths[`/server/panda/${call.legacy}`] = { post: operation({ ...call, method: "POST" }, true) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Almagest workload manager",
      version: "1",
      description: "PanDA's API, legacy and v1, and our own calls below /api/v1/workload.",
    },
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        certificate: { type: "mutualTLS" },
      },
    },
  };
}
