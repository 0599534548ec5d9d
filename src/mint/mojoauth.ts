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
import type { Lifetime, MintRequest } from "./types.ts";

/** Mints a mojoauth credential: `<expiry>:<id>` and its MAC, in the presentation that is asked for. */
export function mintMojoauth(
  { service = "xmpp", present = service === "xmpp" ? "inline" : "username" }: MintRequest,
  { id, localpart }: Identity,
  key: Key,
  times: Lifetime,
): MintedCredential {
  if ((present === "username") !== (service !== "xmpp")) {
    throw new MayflyError(
      "ERR_REQUEST",
      `a credential for ${service} is not presented as ${present}`,
    );
  }
  const { ttl, expires } = times;
  const signed = username(id === undefined ? { expires } : { expires, id });
  const signature = mac(key.verification, key.algorithm as Hash, signed);
  switch (present) {
    case "inline":
      return named({
        username: localpart,
        password: inlinePassword(expires, signature),
        ttl,
        expires,
      });
    case "token": {
      const password = macToken(signed, signature);
      return named({ username: localpart, password, mechanism: "X-OAUTH2", ttl, expires });
    }
    case "authzid":
      return named({ username: signed, password: signature, authzid: id as string, ttl, expires });
    case "username":
      return named({ username: signed, password: signature, ttl, expires });
  }

  function named(minted: MintedCredential): MintedCredential {
    return id === undefined ? minted : { jid: id, ...minted };
  }
}
