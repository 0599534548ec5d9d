import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import Provider, { type ClientMetadata, type KoaContextWithOIDC } from "oidc-provider";

/** A user of the provider: claims beside `sub`, which is the name that the user signs in with. */
export type UserClaims = Record<string, unknown>;

/** How the provider is set up. */
export interface OidcProviderOptions {
  /** Its clients. The client `page` (public, code + PKCE) is there unless this has one of that id. */
  clients?: ClientMetadata[];
  /** Where the client `page` may be sent back to, after signing in and signing out. */
  redirectUris?: string[];
  /** Where the provider tells that a user of the client `page` has signed out. */
  backchannelLogoutUri?: string;
  /** The users by name. Any other name signs in too, with the claims of {@link defaultClaims}. */
  users?: Record<string, UserClaims>;
  /** `jwt`: access tokens are JWTs for the audience `example.com` (RFC 9068). @defaultValue `jwt` */
  format?: "jwt" | "opaque";
  /** The `aud` of JWT access tokens. @defaultValue `example.com` */
  audience?: string;
  /** How long access tokens are good, in seconds. @defaultValue 300 */
  ttl?: number;
}

/** An access token to issue without signing in. */
export interface TokenRequest {
  user: string;
  /** @defaultValue `page` */
  client?: string;
  /** Seconds. @defaultValue the `ttl` of the provider */
  ttl?: number;
  scope?: string;
  audience?: string;
  format?: "jwt" | "opaque";
  /** The thumbprint of a key that the token is bound to (RFC 9449). */
  jkt?: string;
}

/** A running `oidc-provider` in this process, on a free port of loopback. */
export interface OidcProvider {
  /** The issuer: `http://127.0.0.1:<port>`. */
  issuer: string;
  port: number;
  provider: Provider;
  server: Server;
  /** The paths that were asked for, in order; the caller may empty it. */
  requests: string[];
  /** How long the access tokens are good that it issues from now on, in seconds. */
  ttl: number;
  /** Answers in the provider's place where it returns true: for a provider that lies or hangs. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Issues an access token without a browser. */
  accessToken(request: TokenRequest): Promise<string>;
  /** Takes no connections any more, until it is up again. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

/** The claims of a user that `users` does not list. */
export function defaultClaims(name: string): UserClaims {
  const email = `${name}@example.com`;
  return { preferred_username: name, email, email_verified: true, groups: ["chat"] };
}

/**
 * Starts a real OpenID provider. Its sign-in page asks for a name alone (`#login`, `button`), and every
 * client is granted what it asks for. Sign-out by the relying party (`/session/end`) needs no click, and
 * clients with a `backchannel_logout_uri` are told.
 *
 * Its endpoints: `/auth`, `/token`, `/me`, `/token/introspection`, `/token/revocation`, `/session/end`, `/jwks`.
 */
export async function startOidcProvider(options: OidcProviderOptions = {}): Promise<OidcProvider> {
  const { format = "jwt", audience = "example.com" } = options;
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => {};
  const server = createServer((request, response) => {
    self.requests.push(new URL(request.url ?? "/", "http://localhost").pathname);
    if (!self.intercept?.(request, response)) handle(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const resource = "urn:mayfly:xmpp";

  const provider = new Provider(issuer, {
    clients: clientsOf(options),
    jwks: { keys: signingKeys() },
    // Its dispatcher refuses loopback, where all is that it has to tell of a sign-out.
    fetch: (url, options) => fetch(url, withoutDispatcher(options)),
    scopes: ["openid", "offline_access"],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["preferred_username", "name", "groups"],
    },
    conformIdTokenClaims: false,
    findAccount: (_, accountId) => ({ accountId, claims: () => claimsOf(accountId) }),
    extraTokenClaims: (_, token) =>
      "accountId" in token ? claimsOf(String(token.accountId)) : undefined,
    clientBasedCORS: () => true,
    cookies: { keys: ["only for tests"] },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
    loadExistingGrant: grantAll,
    rotateRefreshToken: true,
    pkce: { required: () => false },
    ttl: {
      AccessToken: () => self.ttl,
      IdToken: () => self.ttl,
      Session: 3600,
      RefreshToken: 3600,
      Grant: 3600,
      Interaction: 600,
    },
    features: {
      devInteractions: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_, client) => client.clientAuthMethod !== "none",
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_, client, token) => token.clientId === client.clientId,
      },
      backchannelLogout: { enabled: true },
      dPoP: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => (format === "jwt" ? resource : (undefined as never)),
        useGrantedResource: () => true,
        getResourceServerInfo: () => resourceServer(),
      },
    },
  });
  const callback = provider.callback();
  handle = (request, response) =>
    request.url?.startsWith("/interaction/")
      ? interact(provider, request, response)
      : callback(request, response);

  const self: OidcProvider = {
    issuer,
    port,
    provider,
    server,
    requests: [],
    ttl: options.ttl ?? 300,
    intercept: undefined,
    accessToken,
    async down() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
    async up() {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    stop: () => self.down(),
  };
  return self;

  function claimsOf(sub: string): UserClaims & { sub: string } {
    return { ...(options.users?.[sub] ?? defaultClaims(sub)), sub };
  }

  function resourceServer(aud = audience) {
    return {
      scope: "openid profile email xmpp",
      audience: aud,
      accessTokenFormat: "jwt",
      jwt: { sign: { alg: "RS256" } },
    } as const;
  }

  /** Consents to whatever a client asks for. */
  async function grantAll(ctx: KoaContextWithOIDC) {
    const { client, session, params } = ctx.oidc;
    const id = session?.grantIdFor(client?.clientId ?? "");
    const existing = id ? await provider.Grant.find(id) : undefined;
    const grant =
      existing ??
      new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId } as never);
    grant.addOIDCScope(String(params?.scope ?? "openid"));
    grant.addResourceScope(resource, "openid profile email xmpp");
    await grant.save();
    return grant;
  }

  async function accessToken(request: TokenRequest): Promise<string> {
    const clientId = request.client ?? "page";
    const client = await provider.Client.find(clientId);
    if (!client) throw new Error(`no client ${clientId}`);
    const scope = request.scope ?? "openid profile email";
    const grant = new provider.Grant({ clientId, accountId: request.user } as never);
    grant.addOIDCScope(scope);
    const token = new provider.AccessToken({
      client,
      accountId: request.user,
      grantId: await grant.save(),
      gty: "authorization_code",
      scope,
      expiresIn: request.ttl ?? self.ttl,
      extra: claimsOf(request.user),
    } as never);
    if ((request.format ?? format) === "jwt") {
      const resources = new provider.ResourceServer(resource, resourceServer(request.audience));
      (token as { resourceServer: unknown }).resourceServer = resources;
    } else if (request.audience) {
      token.setAudience(request.audience);
    }
    if (request.jkt) (token as { jkt?: string }).jkt = request.jkt;
    return token.save();
  }
}

function withoutDispatcher(options: RequestInit = {}): RequestInit {
  const { dispatcher: _, ...rest } = options as RequestInit & { dispatcher?: unknown };
  return rest;
}

function clientsOf({
  clients = [],
  redirectUris,
  backchannelLogoutUri,
}: OidcProviderOptions): ClientMetadata[] {
  const uris = redirectUris ?? ["http://127.0.0.1/callback"];
  const page: ClientMetadata = {
    client_id: "page",
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: uris,
    post_logout_redirect_uris: uris,
    ...(backchannelLogoutUri && { backchannel_logout_uri: backchannelLogoutUri }),
  };
  return clients.some(({ client_id }) => client_id === "page") ? clients : [page, ...clients];
}

let keys: ReturnType<typeof makeKeys> | undefined;

/** One pair for all providers of a process: an RSA pair takes its time. */
function signingKeys() {
  keys ??= makeKeys();
  return keys;
}

function makeKeys() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return [{ ...privateKey.export({ format: "jwk" }), kid: "rsa-1", use: "sig", alg: "RS256" }];
}

/** The page that asks for a name, and what it posts. */
async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === "POST") {
    const login = new URLSearchParams(await text(request)).get("login") ?? "";
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId: login } },
      { mergeWithLastSubmission: false },
    );
    return;
  }
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(
    `<!doctype html><title>Sign in</title><form method="post">
<input id="login" name="login" autofocus><button>Sign in</button></form>`,
  );
}

/** Signs out without a click. */
function logoutSource(ctx: KoaContextWithOIDC, form: string): void {
  const button = '<input type="hidden" name="logout" value="yes">';
  ctx.body = `<!doctype html><title>Sign out</title>${form.replace("</form>", `${button}</form>`)}
<script>document.forms[0].submit()</script>`;
}

function postLogoutSuccessSource(ctx: KoaContextWithOIDC): void {
  ctx.body = "<!doctype html><title>Signed out</title><p>Signed out.</p>";
}
