import { attempt } from "./login.ts";
import { nobody } from "./mints.ts";
import type { Check } from "./patient.ts";
import { saw } from "./sighting.ts";

/** Whether X-OAUTH2 is offered and takes no minted token: then it is ejabberd's own, for its own. */
export const checkOAuth: Check = {
  name: "x-oauth2",
  waitsFor: "a login by X-OAUTH2",
  async run(patient) {
    const { oauth, mechanisms, mints, server } = patient;
    if (oauth || !mechanisms.includes("X-OAUTH2")) return [];
    const minted = await mints.fresh(nobody(), "token");
    const { ok } = await attempt(server, { ...minted, mechanism: "X-OAUTH2" });
    if (ok) return []; // it is set up on purpose: checkIdentity looks further
    const what = "the server offers X-OAUTH2, and takes no minted token by it";
    return [saw("x-oauth2-offered", what)];
  },
};
