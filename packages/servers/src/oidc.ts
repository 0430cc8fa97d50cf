import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A real OIDC provider (npm's oidc-provider, certified by the OpenID foundation), in this process. */
export interface OidcServer {
  readonly issuer: string;
  /** A JWT access token for a client, from the provider's own token endpoint. */
  token(client: string): Promise<string>;
  stop(): Promise<void>;
}

/** A client that may ask for tokens, and the groups that its tokens name. */
export interface OidcClient {
  readonly groups: readonly string[];
  /** Life of its tokens; one hour by default. */
  readonly lifetimeSec?: number;
}

const SECRET = "only-for-tests";
const AUDIENCE = "https://wlcg.cern.ch/jwt/v1/any";

/** Starts a provider whose clients get tokens in WLCG's form (`wlcg.groups`) by client credentials. */
export async function startOidc(clients: Readonly<Record<string, OidcClient>>): Promise<OidcServer> {
  // It has no types of its own; this is all that is used of it.
  const name: string = "oidc-provider";
  const { default: Provider } = (await import(name)) as {
    default: new (issuer: string, settings: object) => { callback(): RequestListener };
  };
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: Object.keys(clients).map((client) => ({
      client_id: client,
      client_secret: SECRET,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context: unknown, resource: string, client: { clientId: string }) => ({
          scope: "",
          audience: resource,
          accessTokenTTL: clients[client.clientId]?.lifetimeSec ?? 3600,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    extraTokenClaims: (_context: unknown, { clientId }: { clientId: string }) => ({
      "wlcg.ver": "1.0",
      "wlcg.groups": clients[clientId]?.groups.map((group) => `/${group}`) ?? [],
      sub: clientId,
    }),
  });
  // It warns of its quick-start keys, which are what a test wants.
  const callback = provider.callback();
  server.on("request", (request, response) => void callback(request, response));
  return {
    issuer,
    async token(client) {
      const authorization = `Basic ${Buffer.from(`${client}:${SECRET}`).toString("base64")}`;
      const body = new URLSearchParams({ grant_type: "client_credentials" });
      const response = await fetch(`${issuer}/token`, { method: "POST", headers: { authorization }, body });
      if (!response.ok) throw new Error(`no token for ${client}: ${await response.text()}`);
      return ((await response.json()) as { access_token: string }).access_token;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
