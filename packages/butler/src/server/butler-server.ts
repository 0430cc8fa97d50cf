import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlmagestError, type Clock, systemClock } from "@almagest/base";
import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Butler } from "../butler.ts";
import { createCallRoutes } from "./call-routes.ts";
import { guardButler } from "./guarded-butler.ts";
import { createOpenApi } from "./openapi.ts";
import { type Caller, OPEN_PERMISSIONS, type Permissions } from "./permissions.ts";
import { createQuerySlots, type QueryLimits } from "./query-slots.ts";
import { requireUuid, type ServerEnv } from "./request.ts";
import { sendFile } from "./send-file.ts";
import { readGrant, signGrant } from "./signed-url.ts";
import { createUploads } from "./uploads.ts";
import { createQueryRoutes } from "./v1-query.ts";
import { createV1Routes } from "./v1-routes.ts";
import { wireError } from "./wire-errors.ts";

export { type Permissions, parsePermissions } from "./permissions.ts";

/** How a Butler server is set up. */
export interface ButlerServerOptions {
  /** Says whose a bearer token is; without it nobody needs one. */
  readonly verify?: (token: string) => Promise<Caller>;
  /** Who may do what; everybody everything unless given. */
  readonly permissions?: Permissions;
  /** Address under which clients reach the server, where it is not the one they ask. */
  readonly publicUrl?: string;
  /** Key of signed URLs, 32 bytes; a new one for each start unless given (several servers of one repository share one). */
  readonly urlKey?: Uint8Array;
  /** How long a signed URL is good, seconds; 3600 unless given. */
  readonly urlLifetimeSec?: number;
  readonly limits?: QueryLimits;
  /** Largest JSON body, bytes; 32 MiB unless given. */
  readonly maxBodyBytes?: number;
  /** Largest upload, bytes; 64 GiB unless given. */
  readonly maxUploadBytes?: number;
  readonly uploadFolder?: string;
  readonly clock?: Clock;
  /** Told of what failed and was not the caller's doing. */
  readonly onFailure?: (error: unknown) => void;
}

const LOCAL: Caller = { subject: "local", groups: [] };

async function identify(header: string | undefined, verify: ButlerServerOptions["verify"]): Promise<Caller> {
  if (verify === undefined) return LOCAL;
  const token = /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
  if (token === undefined) {
    throw new AlmagestError("IDENTITY.NO_CREDENTIALS", "This server needs a bearer token.");
  }
  return verify(token);
}

/** The web application over a Butler: the original server's API for reading (`/v1/…`), our own for the whole interface
 * (`/almagest/v1/…`), files by signed URL. */
export function createButlerApp(butler: Butler, options: ButlerServerOptions = {}): Hono<ServerEnv> {
  const { permissions = OPEN_PERMISSIONS, verify, clock = systemClock, onFailure = () => {} } = options;
  const key = options.urlKey ?? randomBytes(32);
  const lifetimeSec = options.urlLifetimeSec ?? 3600;
  const slots = createQuerySlots(options.limits ?? { total: 25, perCaller: 4 });
  const uploads = createUploads(
    options.uploadFolder ?? join(tmpdir(), "almagest-uploads"),
    options.maxUploadBytes ?? 64 * 2 ** 30,
  );
  const fileUrl = (context: Context<ServerEnv>, id: string, component: string): string => {
    const base = options.publicUrl ?? new URL(context.req.url).origin;
    const expires = Math.floor(clock.nowMs() / 1000) + lifetimeSec;
    return `${base.replace(/\/$/, "")}/almagest/v1/file/${id}?${signGrant(key, { id, component, expires })}`;
  };
  const clientConfig = {
    cls: "lsst.daf.butler.remote_butler.RemoteButler",
    remote_butler: { url: "<butlerRoot>", authentication: "rubin_science_platform" },
  };
  const app = new Hono<ServerEnv>();
  app.onError((error, context) => {
    const { status, body } = wireError(error);
    if (status === 500) onFailure(error);
    if (status === 503) context.header("retry-after", "1");
    if (status === 401) context.header("www-authenticate", "Bearer");
    return context.json(body, status as 400);
  });
  app.notFound((context) =>
    context.json({ code: "BUTLER.REQUEST_INVALID", detail: "There is nothing here." }, 404),
  );
  app.get("/butler.yaml", (context) => context.json(clientConfig));
  app.get("/butler.json", (context) => context.json(clientConfig));
  app.get("/openapi.json", (context) => context.json(createOpenApi()));
  app.get("/health", async (context) => {
    await butler.queryDatasetTypes("*");
    return context.json({ status: "ok" });
  });
  app.on(["GET", "HEAD"], "/almagest/v1/file/:id", async (context) => {
    const id = requireUuid(context.req.param("id"));
    const grant = readGrant(key, id, new URL(context.req.url).searchParams, clock.nowMs());
    if (typeof grant === "string") {
      throw new AlmagestError("BUTLER.FORBIDDEN", `The address of the file is ${grant}; ask for a new one.`);
    }
    const [ref] = await butler.getDatasets([id]);
    const files = ref === undefined ? [] : (await butler.storedFiles([ref]))[0]!;
    const file = files.find((item) => (item.component ?? "") === grant.component);
    if (file === undefined) throw new AlmagestError("BUTLER.FILE_MISSING", `Dataset ${id} has no such file.`);
    return sendFile(butler.root, file, { method: context.req.method, range: context.req.header("range") });
  });
  const tooLarge = (): never => {
    throw new AlmagestError("BUTLER.REQUEST_TOO_LARGE", "The request is larger than this server takes.");
  };
  const limitBody = bodyLimit({ maxSize: options.maxBodyBytes ?? 32 * 2 ** 20, onError: tooLarge });
  app.use("*", async (context, next) => {
    const caller = await identify(context.req.header("authorization"), verify);
    context.set("state", { caller, butler: guardButler(butler, permissions, caller) });
    await (context.req.path.startsWith("/almagest/v1/upload/") ? next() : limitBody(context, next));
  });
  app.route("/v1", createV1Routes(fileUrl));
  app.route("/v1/query", createQueryRoutes(slots));
  app.route("/almagest/v1", createCallRoutes({ butler, permissions, uploads, fileUrl, slots }));
  return app;
}

/** A server that listens. */
export interface ButlerServer {
  readonly url: string;
  /** Takes no new requests, lets those under way end (for at most so long), then is gone. */
  stop(graceMs?: number): Promise<void>;
}

/** Starts the server of a Butler. */
export async function startButlerServer(
  butler: Butler,
  options: ButlerServerOptions & { readonly port?: number; readonly host?: string } = {},
): Promise<ButlerServer> {
  const { host = "127.0.0.1", port = 0 } = options;
  const app = createButlerApp(butler, options);
  const server = await new Promise<Server>((resolve, reject) => {
    const made = serve({ fetch: app.fetch, hostname: host, port }, () => resolve(made as Server));
    made.once("error", reject);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    stop: (graceMs = 10_000) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        // A connection that is kept alive is idle once its answer is out.
        const idle = setInterval(() => server.closeIdleConnections(), 50);
        server.close(() => {
          clearTimeout(timer);
          clearInterval(idle);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
