import { MayflyError } from "../error.ts";
import type { PlainMessage } from "../sasl/index.ts";

/**
 * What of a credential is sent: printable ASCII, as `@xmpp/client` 0.14 garbles or refuses anything
 * else.
 *
 * @throws {@link MayflyError} `ERR_CREDENTIAL`
 */
export function sendable({ username, password, authzid }: PlainMessage): PlainMessage {
  const fields = { username, password, ...(authzid && { authzid }) };
  for (const [name, value] of Object.entries(fields)) {
    if (!value?.match?.(/^[ -~]+$/)) {
      throw new MayflyError("ERR_CREDENTIAL", `no ${name} in printable ASCII`);
    }
  }
  return fields;
}
