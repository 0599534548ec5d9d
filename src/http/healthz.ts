import { Hono } from "hono";

/** `GET /healthz`: 200 as long as there is an answer. */
export function healthz(): Hono {
  return new Hono().get("/", (c) => c.text("ok\n"));
}
