import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import type { Service } from "../clients/xmpp-client.ts";

/** What lets the tests, and nobody else, run ejabberd's commands over HTTP. */
export const apiAccess = {
  handlers: { "/api": "mod_http_api" },
  options: {
    api_permissions: {
      loopback: { who: { access: { allow: [{ ip: "127.0.0.0/8" }] } }, what: "*" },
    },
  },
};

/**
 * Runs a command of an ejabberd that was started with {@link apiAccess}: what it says.
 *
 * @throws Error when it fails.
 */
export async function runCommand(
  { url, ca }: Service,
  command: string,
  args: object,
): Promise<string> {
  const api = new URL(`/api/${command}`, url.replace("wss:", "https:"));
  const asked = request(api, { method: "POST", ca, agent: false });
  asked.setHeader("content-type", "application/json").end(JSON.stringify(args));
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  const said = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`${command}: ${answer.statusCode} ${said}`);
  return said;
}
