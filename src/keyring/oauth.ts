// Loaded on demand, and of the library only this: a bundler keeps all of what is imported by `import()`.
export {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  discoveryRequest,
  introspectionRequest,
  processDiscoveryResponse,
  processIntrospectionResponse,
  processUserInfoResponse,
  skipSubjectCheck,
  userInfoRequest,
} from "oauth4webapi";
