import { AlmagestError } from "@almagest/base";
import { type Context, Hono } from "hono";
import type * as z from "zod";
import type { RowQuery } from "../api/query-api.ts";
import type { Butler } from "../butler.ts";
import { CALL_SCHEMAS, type CallName, ROW_QUERY } from "./call-schemas.ts";
import { streamLines } from "./line-stream.ts";
import { type Caller, mayAccess, type Permissions } from "./permissions.ts";
import type { createQuerySlots } from "./query-slots.ts";
import { type RequestState, readBody, requireUuid, type ServerEnv } from "./request.ts";
import { checkExtension, type Uploads } from "./uploads.ts";
import { inPages } from "./v1-query-rows.ts";
import type { FileUrl } from "./v1-routes.ts";
import { fromWireJson, toWireJson } from "./wire-json.ts";

interface CallPlace {
  /** The Butler without guard, for what the guard has no method for. */
  readonly butler: Butler;
  readonly permissions: Permissions;
  readonly uploads: Uploads;
  readonly fileUrl: FileUrl;
  readonly slots: ReturnType<typeof createQuerySlots>;
}

type Arguments<T extends CallName> = z.infer<(typeof CALL_SCHEMAS)[T]>;
type Special = (context: Context<ServerEnv>, state: RequestState, args: never) => Promise<unknown>;

function requireRunWrite(place: CallPlace, caller: Caller, run: string): void {
  if (mayAccess(place.permissions, caller, "write", run)) return;
  throw new AlmagestError("BUTLER.FORBIDDEN", `${caller.subject} may not write the collection '${run}'.`, {
    fields: { collection: run },
  });
}

/** Calls that are more than a method of the guarded Butler. */
function specialCalls(place: CallPlace): ReadonlyMap<string, Special> {
  const { butler, uploads, fileUrl } = place;
  return new Map<string, Special>([
    [
      "describe",
      async () => ({
        universe: butler.universe.config,
        readOnly: butler.readOnly,
      }),
    ],
    [
      "expandDataIds",
      async (_context, { butler: guarded }, [dataIds, { dimensions }]: Arguments<"expandDataIds">) =>
        (await guarded.expandDataIds(dataIds, guarded.universe.completeGroup(dimensions))).map(
          ({ dataId, records }) => ({
            dataId,
            records,
          }),
        ),
    ],
    [
      "fileUrls",
      async (context, { butler: guarded }, [refs]: Arguments<"fileUrls">) => {
        const files = await guarded.storedFiles(refs);
        const known = await guarded.getDatasets(refs.map((ref) => ref.id));
        const byId = new Map(known.map((ref) => [ref.id, ref]));
        const result = [];
        for (const [index, list] of files.entries()) {
          const ref = byId.get(refs[index]!.id);
          if (ref === undefined || list.length === 0) {
            result.push([]);
            continue;
          }
          const group = guarded.universe.completeGroup(ref.datasetType.dimensions);
          const { records } = await guarded.expandDataId(ref.dataId, group);
          result.push(
            list.map((file) => ({ ...file, records, url: fileUrl(context, ref.id, file.component ?? "") })),
          );
        }
        return result;
      },
    ],
    [
      "ingestUploads",
      async (_context, { caller }, [files, options]: Arguments<"ingestUploads">) => {
        requireRunWrite(place, caller, options.run);
        const staged = files.map(({ upload, extension, ...file }) => ({
          ...file,
          path: uploads.pathOf(caller.subject, upload, extension),
        }));
        const refs = await butler.ingest(staged as never, { ...(options as { run: string }), mode: "copy" });
        for (const { path } of staged) await uploads.discard(path);
        return refs;
      },
    ],
  ]);
}

/** The API of our own remote Butler: `POST /call/METHOD` with its arguments, `POST /stream` for datasets and `POST /stream-rows` for rows
 * one page at a time, `PUT /upload/ID` for files. */
export function createCallRoutes(place: CallPlace): Hono<ServerEnv> {
  const special = specialCalls(place);
  return new Hono<ServerEnv>()
    .post("/call/:method", async (context) => {
      const method = context.req.param("method");
      if (!Object.hasOwn(CALL_SCHEMAS, method)) {
        throw new AlmagestError("BUTLER.REQUEST_INVALID", `There is no method '${method.slice(0, 80)}'.`);
      }
      const args = await readBody(
        context,
        CALL_SCHEMAS[method as CallName] as z.ZodType<unknown[]>,
        fromWireJson,
      );
      const { state } = context.var;
      const body = special.get(method);
      const result =
        body === undefined
          ? await (state.butler as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>)[
              method
            ]!(...args)
          : await body(context, state, args as never);
      return context.body(toWireJson(result), 200, { "content-type": "application/json" });
    })
    .post("/stream", async (context) => {
      const { butler, caller } = context.var.state;
      const [type, options] = await readBody(
        context,
        CALL_SCHEMAS.queryDatasets as z.ZodType<Arguments<"queryDatasets">>,
        fromWireJson,
      );
      const release = place.slots.take(caller.subject);
      async function* pages(signal: AbortSignal): AsyncGenerator<object> {
        const found = butler.streamDatasets(type, { ...(options as object), signal });
        for await (const rows of inPages(found)) yield { type: "refs", rows };
      }
      return context.body(streamLines(pages, release), 200, { "content-type": "application/jsonlines" });
    })
    .post("/stream-rows", async (context) => {
      const { butler, caller } = context.var.state;
      const query = (await readBody(context, ROW_QUERY, fromWireJson)) as RowQuery;
      const release = place.slots.take(caller.subject);
      async function* pages(signal: AbortSignal): AsyncGenerator<object> {
        for await (const rows of inPages(butler.streamRows({ ...query, signal })))
          yield { type: "rows", rows };
      }
      const lines = streamLines(pages, release, { encode: toWireJson });
      return context.body(lines, 200, { "content-type": "application/jsonlines" });
    })
    .put("/upload/:id", async (context) => {
      const { caller } = context.var.state;
      const id = requireUuid(context.req.param("id"));
      const extension = checkExtension(context.req.query("extension") ?? "");
      if (!place.permissions.rules.some((rule) => rule.write.length > 0)) requireRunWrite(place, caller, "*");
      await place.uploads.receive(caller.subject, id, extension, context.req.raw.body);
      return context.body(null, 204);
    });
}
