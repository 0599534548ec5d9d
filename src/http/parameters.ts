import type { Context } from "hono";

/** The parameters of a request: those of its query, and of the form that is its body. */
export async function parameters(c: Context): Promise<URLSearchParams> {
  const all = new URL(c.req.url).searchParams;
  if (c.req.method !== "POST") return all;
  // Whatever it says it is: Prosody's mod_auth_http misspells the type.
  for (const [name, value] of new URLSearchParams(await c.req.text())) all.append(name, value);
  return all;
}
