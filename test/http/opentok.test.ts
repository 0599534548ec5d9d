import { expect, test } from "vitest";
import { opentokHeaders } from "../../src/http/index.ts";
import { verify } from "../../src/verify/index.ts";
import { alice, host, keyring } from "./fixtures.ts";

test("OpenTok's header holds a fresh token of its profile", async () => {
  const headers = await opentokHeaders({ jid: alice, issuer: 12345, key: "jwt" }, { keyring });
  expect([...new Headers(headers).keys()]).toEqual(["x-opentok-auth"]);
  const login = { host, user: "alice", password: headers["X-OPENTOK-AUTH"] };
  expect(await verify({ ...login, profile: "opentok" }, { keyring })).toMatchObject({ ok: true });
  const [, payload = ""] = headers["X-OPENTOK-AUTH"].split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  expect(claims).toMatchObject({ iss: 12345, ist: "project", exp: claims.iat + 300 });
});
