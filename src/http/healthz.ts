import { Hono } from "hono";

/** `GET /healthz`: 200 once there is a configuration that can be used, 503 until then. */
export function healthz(isReady: () => boolean): Hono {
  return new Hono().get("/", (c) =>
    isReady() ? c.text("ok\n") : c.text("there is no configuration that can be used\n", 503),
  );
}
