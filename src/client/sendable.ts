import { MayflyError } from "../error.ts";

/** What goes into a SASL message. */
export interface Sendable {
  username: string;
  password: string;
  authzid?: string | undefined;
}

/**
 * Insists on what can be sent: `@xmpp/client` 0.14 garbles or refuses anything but ASCII, and a
 * control character would end a field early.
 *
 * @throws {@link MayflyError} `ERR_CREDENTIAL`
 */
export function insistOnSendable({ username, password, authzid = "" }: Sendable): void {
  for (const [name, value] of Object.entries({ username, password, authzid })) {
    if (typeof value !== "string" || (value === "" && name !== "authzid")) {
      throw new MayflyError("ERR_CREDENTIAL", `the minted credential has no ${name}`);
    }
    if (/[^\x20-\x7e]/.test(value)) {
      throw new MayflyError("ERR_CREDENTIAL", `the minted ${name} must be printable ASCII`);
    }
  }
}
