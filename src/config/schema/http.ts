import * as v from "valibot";
import { guests } from "./guests.ts";
import { jitsi } from "./jitsi.ts";
import { chat, signIn, trustedHeader } from "./sign-in.ts";
import { listOf, origin, text } from "./values.ts";

/** Schema of `http:`. */
export const http = v.pipe(
  v.strictObject(
    {
      listen: v.exactOptional(text),
      api_keys: v.exactOptional(listOf(text)),
      admin_keys: v.exactOptional(listOf(text)),
      backend_secret: v.exactOptional(text),
      origins: v.exactOptional(listOf(origin)),
      turn_uris: v.exactOptional(
        listOf(
          v.pipe(text, v.regex(/^(turn|stun)s?:/, "must be a URI such as turn:turn.example.com")),
        ),
      ),
      jitsi: v.exactOptional(jitsi),
      guests: v.exactOptional(guests),
      trusted_header: v.exactOptional(trustedHeader),
      sign_in: v.exactOptional(signIn),
      chat: v.exactOptional(chat),
    },
    "must be options such as listen:",
  ),
  v.transform(
    ({ api_keys, admin_keys, backend_secret, turn_uris, trusted_header, sign_in, ...rest }) => ({
      ...rest,
      ...(trusted_header && { trustedHeader: trusted_header }),
      ...(sign_in && { signIn: sign_in }),
      ...(api_keys && { apiKeys: api_keys }),
      ...(admin_keys && { adminKeys: admin_keys }),
      ...(backend_secret !== undefined && { backendSecret: backend_secret }),
      ...(turn_uris && { turnUris: turn_uris }),
    }),
  ),
);
