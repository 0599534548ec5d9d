import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { type Noted, note } from "./observed.ts";
import { Problem, problemOf } from "./problem.ts";

/** Bytes; a token may have half of it. */
const longestBody = 16 * 1024;

const limited = bodyLimit({
  maxSize: longestBody,
  onError: () => {
    throw new Problem("too-large", `a body may have ${longestBody} bytes`);
  },
});

const unstored: MiddlewareHandler = async (c, next) => {
  await next();
  c.header("cache-control", "no-store");
  c.header("x-content-type-options", "nosniff");
};

/** A route whose answers nobody keeps, whose requests are small, and whose errors are problems. */
export function route(): Hono<Noted> {
  const app = new Hono<Noted>().use(unstored, limited);
  app.onError((error, c) => {
    const problem = problemOf(error);
    note(c, { ok: false, reason: problem.kind, ...(problem.kind === "internal" && { error }) });
    return problem.getResponse();
  });
  return app;
}
