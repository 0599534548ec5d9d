import { request } from "node:https";

/** A `fetch` that trusts a certificate, and follows no redirect. */
export function fetchTrusting(ca: string): typeof fetch {
  return (async (url: string | URL, { method, body }: RequestInit = {}) => {
    const content = new Request("http://localhost", { method: "POST", body: body ?? null });
    const headers = Object.fromEntries(body ? content.headers : []);
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { ca, method, headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk) => chunks.push(chunk));
        incoming.on("end", () => {
          const { statusCode: status = 0, headersDistinct } = incoming;
          const pairs = Object.entries(headersDistinct).map(([name, values]) => [
            name,
            String(values),
          ]);
          resolve(
            new Response(Buffer.concat(chunks), { status, headers: Object.fromEntries(pairs) }),
          );
        });
      });
      outgoing.on("error", reject);
      content.text().then((text) => outgoing.end(text));
    });
  }) as typeof fetch;
}
