import { type Client, client, xml } from "@xmpp/client";
import { type MintedCredential, mayfly } from "mayfly/client";
import { trust } from "../../test/support/clients/xmpp-client.ts";
import { versionOf } from "../../test/support/machine/debian.ts";
import { type Ejabberd, startEjabberd } from "../../test/support/servers/ejabberd.ts";
import { bad, host, key, masked, mint } from "./credentials.ts";
import { fact, onStop, say, step } from "./stage.ts";

/** Mints, logs in, chats, and is refused, on a private ejabberd. */
export async function withEjabberd(): Promise<void> {
  say("Starting ejabberd ...");
  const starting = startEjabberd({ hosts: [host], mayfly: { keys: [key] } });
  onStop(() =>
    starting.then(
      (server) => server.stop(),
      () => {},
    ),
  );
  const server = await starting;
  trust(server.ca);
  step(`ejabberd ${versionOf("ejabberd")} runs, and asks \`mayfly extauth\` who may log in`);
  fact("WebSocket", server.url);

  const credential = await mint("alice");
  step("The app server mints a credential for alice, who is signed in to it");
  fact("username", credential.username);
  fact("password", `${masked(credential.password)}  (expiry, and an HMAC over it and her JID)`);
  fact("expires", `${new Date(credential.expires * 1000).toISOString()}, in ten minutes`);

  step("alice logs in with it, by SASL PLAIN");
  const alice = await logIn(server, () => credential);
  fact("bound JID", String(alice.jid));

  step("bob logs in with his own, and alice writes to him");
  const bob = await logIn(server, () => mint("bob"));
  fact("bob reads", await message(alice, bob, "Hello bob, I never typed a password."));

  step("ejabberd refuses every other credential");
  for (const [what, credential] of await bad()) fact(what, await refusal(server, credential));

  await Promise.all([alice.stop(), bob.stop()]);
  say(`\nalice logged in as ${alice.jid}`);
}

async function logIn(
  server: Ejabberd,
  mint: () => MintedCredential | Promise<MintedCredential>,
): Promise<Client> {
  const login = mayfly({ mint });
  const xmpp = client({ service: server.url, domain: host, credentials: login.credentials });
  xmpp.on("error", () => {}); // `start` rejects with the same error
  try {
    await xmpp.start();
  } catch (error) {
    await xmpp.stop();
    throw error;
  }
  onStop(() => xmpp.status === "online" && xmpp.stop());
  return xmpp;
}

/** Sends a message and gives what arrives. */
async function message(from: Client, to: Client, text: string): Promise<string> {
  const arrived = new Promise<string>((heard) => {
    to.on("stanza", (stanza) => {
      if (stanza.is("message")) heard(stanza.getChildText("body") ?? "");
    });
  });
  await from.send(xml("message", { to: String(to.jid), type: "chat" }, xml("body", {}, text)));
  return arrived;
}

/** The SASL condition that a login ends with; a login that succeeds is a failure of ours. */
async function refusal(server: Ejabberd, credential: MintedCredential): Promise<string> {
  let xmpp: Client;
  try {
    xmpp = await logIn(server, () => credential);
  } catch (error) {
    const { cause } = error as { cause?: { condition?: string } };
    if (!cause?.condition) throw error;
    return cause.condition;
  }
  throw new Error(`${xmpp.jid} was let in with a bad credential`);
}
