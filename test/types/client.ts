// Checked by `npm run check`, and never run: what was built, against the types of @xmpp/client.
import { client, xml } from "@xmpp/client";
import { Keyring, mint } from "mayfly";
import { addMechanisms, type MayflyError, type MintedCredential, mayfly } from "mayfly/client";

const service = "wss://chat.example.com/ws";
const { credentials, install } = mayfly({ url: "/credentials" });

// What `mayfly` gives is what `client` takes.
const xmpp = client({ service, domain: "example.com", credentials });
install(xmpp);

// The factory of a client is what plugins of @xmpp/client take.
addMechanisms(xmpp.fast.saslFactory);
// @ts-expect-error: this is no client
install({});
// @ts-expect-error: nor is this
install("wss://chat.example.com/ws");

// What an app server mints is what a page takes.
const keyring = new Keyring([{ id: "a", secret: "a secret of thirty-two bytes at least" }]);
mayfly({ mint: () => mint({ jid: "alice@example.com" }, { keyring }) });
mayfly({ mint: (signal) => fetch("/credentials", { signal }).then(minted) });
mayfly({ url: new URL(service), fetch, fast: xml("user-agent", { id: "a" }) });

// @ts-expect-error: it needs a source
mayfly({});
// @ts-expect-error: a source has one of two forms
mayfly({ uri: "/credentials" });
// @ts-expect-error: a credential is no string
mayfly({ mint: () => "1893456000:mac" });
// @ts-expect-error: a credential says when it expires
mayfly({ mint: () => ({ username: "alice", password: "1893456000:mac" }) });
// @ts-expect-error: such a function would not be called with what it needs
client({ service, credentials: (credential: MintedCredential) => credential });

export function codeOf({ code }: MayflyError): boolean {
  // @ts-expect-error: there is no such code
  return code === "ERR_REFUSE";
}

function minted(response: Response): Promise<MintedCredential> {
  return response.json() as Promise<MintedCredential>;
}
