import { EventEmitter } from "node:events";
import { xml } from "@xmpp/client";
import { expect, test, vi } from "vitest";
import { MayflyError, mayfly } from "../../src/client/index.ts";

const streams = "urn:ietf:params:xml:ns:xmpp-streams";
const revoked = xml("revoked", { xmlns: "urn:mayfly:revoked:0" });

/** The stream error that `@xmpp/client` emits for this one of a server. */
function streamError(...children: ReturnType<typeof xml>[]): Error {
  const element = xml("stream:error", {}, xml("not-authorized", { xmlns: streams }), ...children);
  return Object.assign(new Error("not-authorized"), { condition: "not-authorized", element });
}

/** A client of `@xmpp/client` that has logged in, as far as a login uses it. */
async function loggedIn() {
  const connection = Object.assign(new EventEmitter(), {
    isSecure: () => true,
    socket: { end: vi.fn() },
    reconnect: { start: vi.fn(), stop: vi.fn() },
  });
  const errors: unknown[] = [];
  connection.on("error", (error) => errors.push(error));
  const mint = vi.fn(() => ({ username: "alice", password: "x", ttl: 600, expires: 1893456000 }));
  const login = mayfly({ mint });
  const logIn = () => login.credentials(async () => {}, ["PLAIN"], null, connection);
  await logIn();
  return { connection, errors, mint, logIn };
}

test.each([
  ["with a reason", [revoked, xml("text", { xmlns: streams }, "lost phone")], ": lost phone"],
  ["with the text before it", [xml("text", {}, "lost phone"), revoked], ": lost phone"],
  ["without a reason", [revoked], ": its credential was revoked"],
])(
  "a session that was ended because of a revocation, %s, is told by one ERR_REVOKED",
  async (_, children, text) => {
    const { connection, errors, mint, logIn } = await loggedIn();
    await logIn(); // on a second connection, which tells no second time
    const cause = streamError(...children);
    connection.emit("error", cause);
    expect(errors).toEqual([expect.any(MayflyError)]);
    expect(errors[0]).toMatchObject({
      code: "ERR_REVOKED",
      message: `the session was ended${text}`,
      cause,
    });
    expect(connection.reconnect.stop).toHaveBeenCalledOnce();
    expect(mint).toHaveBeenCalledOnce();

    // The app starts it again: with another credential, and it reconnects as before.
    connection.emit("connecting");
    expect(connection.reconnect.start).toHaveBeenCalledOnce();
    await logIn();
    expect(mint).toHaveBeenCalledTimes(2);
  },
);

test("other errors of a stream stay as they are", async () => {
  const { connection, errors } = await loggedIn();
  const others = [streamError(), streamError(xml("revoked", { xmlns: "urn:other" })), new Error()];
  for (const error of others) connection.emit("error", error);
  expect(errors).toEqual(others);
  expect(connection.reconnect.stop).not.toHaveBeenCalled();
});
