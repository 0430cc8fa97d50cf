import { AlmagestError } from "@almagest/base";
import type { Context } from "hono";
import type * as z from "zod";
import type { GuardedButler } from "./guarded-butler.ts";
import type { Caller } from "./permissions.ts";

/** What the handlers of one request are given. */
export interface RequestState {
  readonly butler: GuardedButler;
  readonly caller: Caller;
}

/** Hono's environment: the variables set before the handlers. */
export interface ServerEnv {
  readonly Variables: { state: RequestState };
}

function invalid(message: string, cause?: unknown): AlmagestError {
  return new AlmagestError("BUTLER.REQUEST_INVALID", message, cause === undefined ? {} : { cause });
}

/** Parses JSON so that integers beyond 2^53 come as bigints. */
export function parseExactJson(text: string): unknown {
  const exact = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d{1,40}$/.test(context?.source ?? "")
      ? BigInt(context!.source!)
      : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

/** A request's body, checked. Throws `BUTLER.REQUEST_INVALID`. */
export async function readBody<T>(
  context: Context<ServerEnv>,
  schema: z.ZodType<T>,
  parse: (text: string) => unknown = parseExactJson,
): Promise<T> {
  const text = await context.req.text();
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw invalid("The body is not JSON.", cause);
  }
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`The body is not as it should be: ${issue!.path.join(".")}: ${issue!.message}.`);
}

/** A UUID of a path or query. Throws `BUTLER.REQUEST_INVALID`. */
export function requireUuid(text: string | undefined): string {
  if (text !== undefined && /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text))
    return text.toLowerCase();
  throw invalid(`'${(text ?? "").slice(0, 80)}' is not a dataset id.`);
}
