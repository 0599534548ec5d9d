import { Hono } from "hono";
import { jwtVerify } from "jose";
import { Keyring } from "mayfly";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { roomTokens } from "../../../examples/jitsi/app-server.ts";
import { join } from "../../../examples/jitsi/front-end.ts";
import { listenHttp } from "../../../src/http/server.ts";
import { alice, keys, now } from "../fixtures.ts";

/** What the page hands to Jitsi's own script. */
const opened: { domain: string; options: { roomName: string; jwt: string } }[] = [];
let signedIn: string | undefined = alice;
let close: () => Promise<void>;

beforeEach(async () => {
  opened.length = 0;
  signedIn = alice;
  const app = roomTokens({ keyring: new Keyring(keys), user: () => signedIn });
  const listening = await listenHttp(new Hono().route("/jitsi", app).fetch, "127.0.0.1:0");
  close = listening.close;
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", (path: string) => fetch(listening.url + path)); // as a page reads a path
  vi.stubGlobal(
    "JitsiMeetExternalAPI",
    class {
      constructor(domain: string, options: { roomName: string; jwt: string }) {
        opened.push({ domain, options });
      }
    },
  );
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await close();
});

test("the sample's page passes Jitsi a token that it takes, for the one room", async () => {
  await join("stand-up", {});
  const [{ domain, options } = { domain: "", options: { roomName: "", jwt: "" } }] = opened;
  expect([domain, options.roomName]).toEqual(["meet.example.com", "stand-up"]);
  const secret = new TextEncoder().encode(String(keys.find(({ id }) => id === "meet")?.secret));
  const { protectedHeader: header, payload } = await jwtVerify(options.jwt, secret);
  // What Jitsi's own module insists on, each to the letter, and what its page does.
  expect(header).toMatchObject({ typ: "JWT", alg: "HS256" });
  expect(payload).toMatchObject({
    ...{ iss: "app", aud: "jitsi", sub: "meet.example.com", room: "stand-up" },
    context: { user: { id: alice, name: "alice" } },
  });
  expect(payload.exp).toBe(Number(payload.nbf) + 300);
  expect(payload.nbf).toBeLessThanOrEqual(now());
});

test.each(["*", "", "a/b", "Stand-Up"])("the sample's page gets no token for %j", async (room) => {
  await expect(join(room, {})).rejects.toThrow("no such room");
  expect(opened).toEqual([]);
});

test("the sample's page gets no token for nobody", async () => {
  signedIn = undefined;
  await expect(join("stand-up", {})).rejects.toThrow("sign in first");
  expect(opened).toEqual([]);
});
