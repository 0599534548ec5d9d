import { observe } from "../findings/finding.ts";
import { attempt } from "../xmpp/login.ts";
import type { Check } from "./check.ts";
import { randomUser } from "./test-credentials.ts";

/** Reports an X-OAUTH2 that accepts no minted token, and so only ejabberd's own. */
export const checkOAuth: Check = {
  name: "x-oauth2",
  waitLabel: "a login by X-OAUTH2",
  async run(context) {
    const { oauth, mechanisms, credentials, server } = context;
    if (oauth || !mechanisms.includes("X-OAUTH2")) return [];
    const minted = await credentials.fresh(randomUser(), "token");
    const { ok } = await attempt(server, { ...minted, mechanism: "X-OAUTH2" });
    if (ok) return []; // set up on purpose; checkIdentity continues
    const what = "the server offers X-OAUTH2, and accepts no minted token by it";
    return [observe("x-oauth2-offered", what)];
  },
};
