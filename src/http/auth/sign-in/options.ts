import type { Issuer } from "../../../keyring/index.ts";
import type { Secret } from "../secrets.ts";

/** Sign-in at an identity provider (OpenID Connect), as a client with a secret. */
export interface SignInOptions extends Pick<Issuer, "user" | "name" | "domains" | "require"> {
  /** The provider's issuer URL, below which its metadata is found. */
  issuer: string;
  clientId: string;
  clientSecret: Secret;
  /** Public URL of `mayfly serve`, with the prefix of a proxy: `https://chat.example.com/mayfly`. */
  url: string;
  /** XMPP host of the users. */
  host: string;
  /** Scopes to request. @defaultValue `openid profile email` */
  scope?: string;
  /** Path to return to where none is asked for, below the public URL. @defaultValue `/` */
  home?: string;
  /** How long a sign-in lasts at most, in seconds. @defaultValue 43200 */
  maxAge?: number;
  /** Time limit of each request to the provider, in seconds. @defaultValue 5 */
  timeout?: number;
}
