import type { Check } from "./patient.ts";
import { openStream } from "./server.ts";
import { saw } from "./sighting.ts";

/** Whether SASL2 offers tokens that outlive a credential; ejabberd says so to who says who comes. */
export const checkFast: Check = {
  name: "FAST",
  waitsFor: "what SASL2 offers",
  async run(patient) {
    const { server, user } = patient;
    const stream = await openStream(server, `${user}@${server.host}`);
    stream.close();
    const sasl2 = stream.features.getChild("authentication", "urn:xmpp:sasl:2");
    const fast = sasl2?.getChild("inline")?.getChild("fast", "urn:xmpp:fast:0");
    if (!fast) return [];
    return [saw("fast-outlives", "the server offers FAST tokens (XEP-0484)")];
  },
};
