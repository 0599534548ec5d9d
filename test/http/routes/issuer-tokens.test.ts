import { expect, test } from "vitest";
import { credentials, oauthLookup } from "../../../src/http/index.ts";
import { type Issuer, Keyring } from "../../../src/keyring/index.ts";
import { backendSecret, bearer, host, issued, issuer, keys, now } from "../fixtures.ts";

const opaque = "an-opaque-token-of-the-issuer";
const claims = { active: true, sub: "alice", aud: host, exp: now() + 300 };

/** The issuer of the fixtures, which is also asked about the one opaque token that it has issued. */
function keyringOf(changes: Partial<Issuer> = {}): Keyring {
  const lookup = async (token: string) => (token === opaque ? claims : undefined);
  return new Keyring(keys, [{ ...issuer, lookup, ...changes }]);
}

async function mintBy(token: string, changes: Partial<Issuer> = {}) {
  const response = await credentials({ keyring: keyringOf(changes) }).request("/", {
    headers: bearer(token),
  });
  const { jid, detail } = (await response.json()) as { jid?: string; detail?: string };
  return jid ?? `${response.status} ${detail}`;
}

test("a token that its issuer vouches for is exchanged", async () => {
  expect(await mintBy(opaque)).toBe(`alice@${host}`);
  expect(await mintBy(`${opaque}-2`)).toBe("401 the token is refused: inactive");
  const require = { groups: "chat" };
  expect(await mintBy(opaque, { require })).toBe("401 the token is refused: missing-claim");
  const lookup = () => Promise.reject(new Error("down"));
  expect(await mintBy(opaque, { lookup })).toBe("503 the token cannot be checked now");
});

test("a JWT says by its aud which host it is for, where the issuer's settings do not", async () => {
  const { audience: _, ...anywhere } = issuer;
  const keyring = new Keyring(keys, [anywhere]);
  const jidFor = async (aud: unknown) => {
    const headers = bearer(await issued({ aud }));
    const response = await credentials({ keyring }).request("/", { headers });
    return ((await response.json()) as { jid?: string }).jid ?? response.status;
  };
  expect(await jidFor(["account", "example.org"])).toBe("alice@example.org");
  expect(await jidFor("example.org")).toBe("alice@example.org");
  expect(await jidFor(["https://api.example.com/x", "Example.org"])).toBe(401);
  expect(await jidFor(7)).toBe(401);
});

test("ejabberd is told whose an opaque token is", async () => {
  const app = oauthLookup({ keyring: keyringOf(), backendSecret });
  const look = async (token: string) => {
    const response = await app.request("/lookup", {
      method: "POST",
      headers: { ...bearer(backendSecret), "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    return response.status === 200 ? response.json() : response.status;
  };
  const { exp: expire } = claims;
  expect(await look(opaque)).toEqual({ user: `alice@${host}`, scope: ["sasl_auth"], expire });
  expect(await look(`${opaque}-2`)).toBe(404);
});
