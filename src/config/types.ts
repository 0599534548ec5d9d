import type * as v from "valibot";
import type { Service } from "../credential/index.ts";
import type { Issuer, KeyInput } from "../keyring/index.ts";
import type { Policy } from "../policy.ts";
import type { schema } from "./schema/index.ts";

type RawJitsi = NonNullable<NonNullable<v.InferOutput<typeof schema>["http"]>["jitsi"]>;

/** A secret, as text or as the bytes of its file. */
export type Secret = string | Uint8Array;

/** Configuration of an external issuer of tokens. */
export interface IssuerConfig extends Omit<Issuer, "keys" | "lookup" | "isAudienceKnown"> {
  /** URL of its JWK set, or the set itself (RFC 7517). Without it, its metadata name one. */
  jwks?: URL | object;
  /** The client that asks about its opaque tokens (RFC 7662). */
  introspection?: {
    clientId: string;
    clientSecret: Secret;
    /** Without it, the metadata name one. */
    endpoint?: URL;
  };
  /** Whether its userinfo endpoint is asked about its opaque tokens. */
  userinfo?: true;
}

/** The parsed and validated configuration, with secrets resolved. */
export interface Config {
  /** The file it comes from, or `MAYFLY_SECRET`. */
  source: string;
  /** Files of `http:` that hold a secret. */
  httpSecretFiles?: string[];
  /** Files of `issuers:` that hold a secret. */
  issuerSecretFiles?: string[];
  keys: KeyInput[];
  /** Modification times of secret files, in Unix milliseconds, by key id. */
  writtenAt: ReadonlyMap<string, number>;
  issuers: IssuerConfig[];
  /** Policies by host; absent if every host is served with the defaults. */
  hosts?: Record<string, HostConfig>;
  /** URL of the store: `memory`, `lmdb:DIR`, `redis://…`. */
  store?: string;
  log?: LogConfig;
  http?: HttpConfig;
  feed?: FeedConfig;
}

/** Who may follow what is revoked. */
export interface FeedConfig {
  /** The sockets of `mayfly serve` whose clients may, as absolute paths. */
  sockets: string[];
}

/** Options of the HTTP API of `mayfly serve`. */
export interface HttpConfig {
  /** Address, such as `127.0.0.1:5380`. */
  listen?: string;
  /** API keys of app servers, which may request credentials for any user. */
  apiKeys?: Secret[];
  /** Keys of operators, who may revoke and list sessions. */
  adminKeys?: Secret[];
  /** Secret of XMPP servers, which may verify logins. */
  backendSecret?: Secret;
  /** Origins of web pages that may request credentials (CORS). */
  origins?: string[];
  turnUris?: string[];
  jitsi?: {
    /** Origins that users may be redirected to with a token. */
    origins: string[];
    key?: string;
    audience?: string;
    subject?: string;
    /** Part of the URL that carries the token. */
    token?: "query" | "fragment";
    /** Which claims of an issuer's token its claims are made from. */
    claims?: NonNullable<RawJitsi["claims"]>;
  };
  /** Guests, who get credentials without an account. Times are in seconds. */
  guests?: {
    host: string;
    ttl?: number;
    remember?: number;
    perMinute?: number;
    services?: Service[];
    /** Addresses or networks of the proxies that tell the address of a guest. */
    proxies?: string[];
  };
  /** A header in which a reverse proxy names the user that it has signed in. */
  trustedHeader?: {
    name: string;
    /** Addresses or networks of the proxies. */
    proxies: string[];
    /** XMPP host of the users. */
    host: string;
    /** Domains of the addresses that the header has. */
    domains?: string[];
  };
  /** The chat page of `mayfly serve --chat`. */
  chat?: {
    /** WebSocket of the XMPP server. */
    service: string;
    /** Folder of Converse's distribution. */
    converse?: string;
  };
  /** Sign-in at an identity provider. */
  signIn?: Pick<Issuer, "user" | "name" | "domains" | "require"> & {
    /** Issuer URL. */
    issuer: string;
    clientId: string;
    clientSecret: Secret;
    /** Public URL of `mayfly serve`. */
    url: string;
    /** XMPP host of the users. */
    host: string;
    scope?: string;
    /** How long a sign-in lasts at most, in seconds. */
    maxAge?: number;
  };
}

/** Configuration of a host's policy. */
export interface HostConfig extends Partial<Omit<Policy, "users">> {
  /** `any`, `none`, `seen`, or the URL of a user lookup. */
  users?: string;
}

/** Options of the log. Without `file` it goes to standard error. */
export interface LogConfig {
  level?: "debug" | "info" | "warn" | "error";
  file?: string;
}
