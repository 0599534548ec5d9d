import {
  type Hash,
  inlinePassword,
  type MintedCredential,
  mac,
  macToken,
  username,
} from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import type { Key } from "../keyring/index.ts";
import type { Identity } from "./identity.ts";
import type { MintRequest, Times } from "./mint.ts";

/** Mints with a key for mojoauth. */
export function mintMojoauth(
  { service = "xmpp", present = service === "xmpp" ? "inline" : "username" }: MintRequest,
  { id, localpart }: Identity,
  key: Key,
  times: Times,
): MintedCredential {
  if ((present === "username") !== (service !== "xmpp")) {
    throw new MayflyError(
      "ERR_REQUEST",
      `a credential for ${service} is not presented as ${present}`,
    );
  }
  const { expires } = times;
  const signed = username({ expires, ...(id !== undefined && { id }) });
  const signature = mac(key.verification, key.algorithm as Hash, signed);
  const jid = id === undefined ? {} : { jid: id };
  switch (present) {
    case "inline":
      return {
        ...jid,
        username: localpart,
        password: inlinePassword(expires, signature),
        ...times,
      };
    case "token": {
      const password = macToken(signed, signature);
      return { ...jid, username: localpart, password, mechanism: "X-OAUTH2", ...times };
    }
    case "authzid":
      return { ...jid, username: signed, password: signature, authzid: id as string, ...times };
    case "username":
      return { ...jid, username: signed, password: signature, ...times };
  }
}
