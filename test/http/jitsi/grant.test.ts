import { describe, expect, test } from "vitest";
import {
  type JitsiGrant,
  type JitsiOptions,
  type JitsiServer,
  jitsi,
} from "../../../src/http/index.ts";
import { alice, apiKey, bearer, issued, keyring } from "../fixtures.ts";

const origins = ["https://meet.example.com"];
const rules: NonNullable<JitsiServer["claims"]> = {
  name: "name",
  email: "email",
  avatar: "picture",
  group: "org",
  moderator: { claim: "realm_access.roles", has: ["staff", "teacher"] },
  features: { recording: { claim: "recorder", has: [true] } },
};
const staff = {
  name: "Alice Smith",
  email: "alice@example.com",
  picture: "https://id.example.com/alice.png",
  org: "acme",
  realm_access: { roles: ["user", "staff"] },
  recorder: true,
};

interface Asked {
  server?: Partial<JitsiServer>;
  user?: JitsiOptions["user"];
  headers?: Record<string, string>;
  query?: string;
}

/** What the token says that a request leads to. */
async function claimsFor({ server = { claims: rules }, user, headers = {}, query = "" }: Asked) {
  const options = { keyring, apiKeys: [apiKey], jitsi: { origins, key: "meet", ...server } };
  const app = jitsi({ ...options, ...(user && { user }) });
  const answer = await app.request(`/token?room=r${query}`, { headers });
  expect(answer.status).toBe(302);
  const token = new URL(answer.headers.get("location") ?? "").searchParams.get("jwt") ?? "";
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

const signedIn = async (claims: object) => ({ headers: bearer(await issued(claims)) });

describe("the claims of an issuer's token", () => {
  test("become those of the token for Jitsi, by rules", async () => {
    const { context, moderator } = await claimsFor(await signedIn(staff));
    expect(context).toEqual({
      user: {
        id: alice,
        name: "Alice Smith",
        email: "alice@example.com",
        avatar: "https://id.example.com/alice.png",
        moderator: "true",
      },
      group: "acme",
      features: { recording: "true" },
    });
    expect(moderator).toBe(true);
  });

  test.each<[string, object]>([
    ["other roles", { ...staff, realm_access: { roles: ["user", "Staff"] } }],
    ["roles in one text", { ...staff, realm_access: { roles: "user staff" } }],
    ["none", { ...staff, realm_access: undefined }],
    ["null", { ...staff, realm_access: null }],
  ])("make no moderator of whom they give %s", async (_, claims) => {
    const { context, moderator } = await claimsFor(await signedIn(claims));
    expect([context.user.moderator, moderator]).toEqual(["false", false]);
  });

  test("are left out where they are no text, no address, or not checked", async () => {
    const odd = { name: 7, picture: "javascript:alert(1)", org: "", recorder: "true" };
    const { context } = await claimsFor(
      await signedIn({ ...staff, ...odd, email_verified: false }),
    );
    expect(context).toEqual({
      user: { id: alice, name: "alice", moderator: "true" },
      features: { recording: "false" },
    });
  });

  test("count only where the token is what signed the user in", async () => {
    const headers = bearer(await issued(staff));
    const bySession = await claimsFor({ user: () => alice, headers });
    expect(bySession.context).toEqual({ user: { id: alice, name: "alice" } });
    expect(bySession).not.toHaveProperty("moderator");
    const byApp = await claimsFor({ headers: bearer(apiKey), query: `&username=${alice}` });
    expect(byApp.context).toEqual({ user: { id: alice, name: "alice" } });
  });

  test("say nothing where there are no rules", async () => {
    const { context } = await claimsFor({ server: {}, ...(await signedIn(staff)) });
    expect(context).toEqual({ user: { id: alice, name: "alice" } });
  });
});

describe("the app", () => {
  test("says what the token says, and reads the issuer's claims itself", async () => {
    const asked: unknown[] = [];
    const grant: JitsiServer["grant"] = (jid, place, claims) => {
      asked.push([jid, place, claims?.org]);
      return { context: { user: { name: "Alice" } }, moderator: place.room === "r" };
    };
    const server = { grant, claims: rules };
    const byApp = await claimsFor({ server, user: () => alice });
    expect(byApp).toMatchObject({ moderator: true, context: { user: { name: "Alice" } } });
    await claimsFor({ server, ...(await signedIn(staff)) });
    expect(asked).toEqual([
      [alice, { room: "r" }, undefined],
      [alice, { room: "r" }, "acme"],
    ]);
  });

  test("cannot change whom the token is for, or how long it lives", async () => {
    const wrong = { jid: "bob@example.com", ttl: 1, room: "*", issuer: "other" };
    const grant = () => wrong as JitsiGrant;
    const claims = await claimsFor({ server: { grant }, user: () => alice });
    expect(claims).toMatchObject({ room: "r", iss: "app", context: { user: { id: alice } } });
    expect(claims.exp - claims.iat).toBe(3600);
  });
});
