// Loaded on demand, and of jose only this: a server without sign-in starts sooner without it.
export { jwtVerify, SignJWT } from "jose";
