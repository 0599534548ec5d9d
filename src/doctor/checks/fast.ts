import { observe } from "../findings/finding.ts";
import { openStream } from "../xmpp/stream.ts";
import type { Check } from "./check.ts";

/**
 * Reports FAST tokens (XEP-0484), which outlive a credential unless the server's configuration limits them.
 * ejabberd offers them only to a stream with `from`.
 */
export const checkFast: Check = {
  name: "FAST",
  waitLabel: "the features of SASL2",
  async run(context) {
    const { server, user, limitsFast } = context;
    if (limitsFast) return [];
    const stream = await openStream(server, `${user}@${server.host}`);
    stream.close();
    const sasl2 = stream.features.getChild("authentication", "urn:xmpp:sasl:2");
    const fast = sasl2?.getChild("inline")?.getChild("fast", "urn:xmpp:fast:0");
    if (!fast) return [];
    return [observe("fast-outlives", "the server offers FAST tokens (XEP-0484)")];
  },
};
