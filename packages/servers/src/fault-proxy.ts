import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from "node:http";
import { request as httpsRequest } from "node:https";

/** What may happen to one exchange. */
export type Fault =
  /** Answers this status at once; the server never sees the request. */
  | { readonly kind: "status"; readonly status: number; readonly headers?: OutgoingHttpHeaders }
  /** Closes the connection before the server sees anything. */
  | { readonly kind: "cut" }
  /** The server carries the request out, but its reply is lost. */
  | { readonly kind: "lose-reply" }
  /** The reply's body ends early. */
  | { readonly kind: "truncate" }
  /** One byte of the reply's body is another one. */
  | { readonly kind: "corrupt" }
  /** One byte of the request's body is another one. */
  | { readonly kind: "corrupt-request" }
  /** Nothing is answered, and the connection stays open. */
  | { readonly kind: "hang" };

/** A request as the proxy sees it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A proxy before a real HTTP server that spoils exchanges on order. */
export interface FaultProxy {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Decides the fault of each following request. */
  setFaults(decide: (request: SeenRequest) => Fault | undefined): void;
  /** Every request so far. */
  readonly seen: SeenRequest[];
  /** Number of connections accepted so far. */
  connections(): number;
  close(): Promise<void>;
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function spoilByte(body: Buffer): Buffer {
  const spoiled = Buffer.from(body);
  const middle = Math.floor(spoiled.length / 2);
  if (spoiled.length > 0) spoiled[middle] = spoiled[middle]! ^ 0xff;
  return spoiled;
}

/** Starts a proxy before `upstream` (`http://` or `https://`, whose certificate is not checked). `added` headers go with every
 * request, such as a token that a client does not send in the clear; `tls` is a certificate to show. */
export async function startFaultProxy(
  upstream: string,
  added: Readonly<Record<string, string>> = {},
  tls: { readonly cert?: string; readonly key?: string } = {},
): Promise<FaultProxy> {
  const target = new URL(upstream);
  const send = target.protocol === "https:" ? httpsRequest : httpRequest;
  const seen: SeenRequest[] = [];
  let decide: (request: SeenRequest) => Fault | undefined = () => undefined;
  let connections = 0;
  /** Headers as they were spelled; full URLs in them (`Destination`) mean the server behind. */
  const towardsUpstream = (incoming: IncomingMessage): OutgoingHttpHeaders => {
    const headers: OutgoingHttpHeaders = {};
    for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
      const value = incoming.rawHeaders[i + 1]!;
      const isUrl = incoming.rawHeaders[i]!.toLowerCase() === "destination";
      headers[incoming.rawHeaders[i]!] = isUrl ? value.replace(/^http:\/\/[^/]*/, target.origin) : value;
    }
    // A server compares the host of `Destination` with its own; signed requests keep the host they were signed for.
    if (incoming.headers.destination !== undefined) headers.Host = target.host;
    return { ...headers, ...added };
  };
  const forward = (
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ reply: IncomingMessage; body: Buffer }> =>
    new Promise((resolve, reject) => {
      const outgoing = send(
        {
          host: target.hostname,
          port: target.port,
          method: incoming.method,
          path: incoming.url,
          headers: towardsUpstream(incoming),
          rejectUnauthorized: false,
          ...tls,
        },
        (reply) => readAll(reply).then((bytes) => resolve({ reply, body: bytes }), reject),
      );
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const request: SeenRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
    };
    seen.push(request);
    const fault = decide(request);
    if (fault?.kind === "cut") return void incoming.socket.destroy();
    const sent = await readAll(incoming);
    if (fault?.kind === "hang") return;
    if (fault?.kind === "status") {
      outgoing.writeHead(fault.status, { "content-length": 0, ...fault.headers }).end();
      return;
    }
    const { reply, body } = await forward(
      incoming,
      fault?.kind === "corrupt-request" ? spoilByte(sent) : sent,
    );
    if (fault?.kind === "lose-reply") return void incoming.socket.destroy();
    outgoing.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
    if (fault?.kind === "truncate" && body.length > 0) {
      outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => outgoing.destroy());
      return;
    }
    outgoing.end(fault?.kind === "corrupt" ? spoilByte(body) : body);
  };
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    setFaults: (next) => {
      decide = next;
    },
    seen,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
