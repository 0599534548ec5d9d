import type { MintedCredential } from "mayfly/client";
import { startExtauth } from "../../test/support/cli/run-cli.ts";
import { bad, host, key, masked, mint } from "./credentials.ts";
import { fact, onStop, say, step } from "./stage.ts";

/** Asks `mayfly extauth` over pipes, as ejabberd does for every login. */
export async function overPipes(): Promise<void> {
  const program = startExtauth([], { env: { MAYFLY_SECRET: key.secret } });
  onStop(() => program.end());
  step("`mayfly extauth` runs, and waits for a server's questions");

  const credential = await mint("alice");
  step("The app server mints a credential for alice, who is signed in to it");
  fact("password", `${masked(credential.password)}  (expiry, and an HMAC over it and her JID)`);

  step("A server asks whether alice may log in with it");
  const answer = await ask(credential);
  fact("answer", answer);
  if (answer !== "00020001 (yes)") throw new Error("a good credential was refused");

  step("A server asks about every other credential");
  for (const [what, credential] of await bad()) {
    const answer = await ask(credential);
    fact(what, answer);
    if (answer !== "00020000 (no)") throw new Error("a bad credential was accepted");
  }
  say(`\n${credential.jid} may log in`);

  async function ask({ username, password }: MintedCredential): Promise<string> {
    const reply = await program.ask(`auth:${username}:${host}:${password}`);
    return `${reply} (${reply === "00020001" ? "yes" : "no"})`;
  }
}
