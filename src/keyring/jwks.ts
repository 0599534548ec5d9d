/**
 * The keys and the tokens of issuers: JWK sets, discovery, introspection. What the package exports as
 * `mayfly/jwks`.
 *
 * @module
 */
export {
  createDiscovery,
  type Discovery,
  type DiscoveryOptions,
  discoveredJwks,
} from "./discovery.ts";
export {
  type IntrospectionOptions,
  introspection,
  type LookupOptions,
  userinfo,
} from "./introspection.ts";
export { type JwksOptions, localJwks, remoteJwks } from "./key-set.ts";
