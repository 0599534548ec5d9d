// Loaded on demand, and of jose only this: a bundler keeps all of what is imported by `import()`.
export { compactVerify } from "jose";
