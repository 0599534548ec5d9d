import type { BrowserContext } from "playwright-core";
import type { Visit } from "./visit.ts";

/** Keeps the API that Converse gives to its plugins alone, for {@link makeAtOnce}. */
const keepApi = `{
  let converse;
  Object.defineProperty(window, "converse", {
    get: () => converse,
    set(value) {
      converse = value;
      const { add } = converse.plugins;
      converse.plugins.add = (name, plugin) => {
        const { initialize } = plugin;
        plugin.initialize = function () {
          if (name === "mayfly") window.api = this._converse.api;
          return initialize.call(this);
        };
        return add.call(converse.plugins, name, plugin);
      };
    },
  });
}`;

/** Prepares a context for {@link makeAtOnce}. */
export async function prepareConverse(context: BrowserContext): Promise<void> {
  await context.addInitScript(keepApi);
}

/** Makes a chat twice at once, as a link and a message do, and tells whether both have the one that is shown. */
export function makeAtOnce({ page }: Visit, jid: string): Promise<boolean> {
  return page.evaluate(`(async () => {
    const make = () => api.chats.get("${jid}", {}, true);
    const made = await Promise.all([make(), make()]);
    const shown = await api.chats.get("${jid}");
    return made.every((chat) => chat === shown);
  })()`);
}

/** Signs in at the page of `oidc-provider.ts`, where a visit has been led to. */
export async function signInAs({ page }: Visit, user: string): Promise<void> {
  await page.waitForURL(/\/interaction\//);
  await page.locator("#login").fill(user);
  await page.getByRole("button").click();
}

/** Whether the XMPP server has bound a JID of this user's. */
export function isOnline({ heard }: Visit, jid: string): boolean {
  return heard.some((frame) => frame.includes(`<jid>${jid}/`));
}

/** Writes to a JID in Converse's chat. */
export async function writeTo(visit: Visit, jid: string, text: string): Promise<void> {
  await openChat(visit, jid);
  const input = visit.page.locator("converse-chat textarea.chat-textarea");
  await input.fill(text);
  await input.press("Enter");
}

/** Waits until Converse shows a message of a JID's. */
export async function hearsFrom(visit: Visit, jid: string, text: string): Promise<void> {
  await openChat(visit, jid);
  await visit.page.locator(".chat-msg__text", { hasText: text }).first().waitFor();
}

/** Opens the chat with a JID, as a link does. */
async function openChat({ page }: Visit, jid: string): Promise<void> {
  await page.evaluate(`location.hash = "${jid}"`);
}
