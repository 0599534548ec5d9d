import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type MintedCredential, mayfly } from "../../src/client/index.ts";

const credential: MintedCredential = {
  jid: "alice@example.com",
  username: "alice",
  password: "1893456000:x4Zzy4m6jLWqdLynZsDPKozh9TA=",
  ttl: 600,
  expires: 1893456000,
};
const encrypted = { isSecure: () => true };
const mint = () => credential;

describe("credentials", () => {
  test("are minted anew for every login and presented by PLAIN", async () => {
    const source = { mint: vi.fn(mint) };
    const authenticate = vi.fn(async () => {});
    const { credentials } = mayfly(source);
    for (let login = 1; login <= 2; login++) {
      await credentials(authenticate, ["SCRAM-SHA-1", "PLAIN"], null, encrypted);
      expect(source.mint).toHaveBeenCalledTimes(login);
    }
    const { username, password } = credential;
    expect(authenticate.mock.lastCall).toEqual([{ username, password }, "PLAIN", undefined]);
  });

  test("carry an authzid only if it was minted", async () => {
    const authenticate = vi.fn(async () => {});
    const login = mayfly({ mint: () => ({ ...credential, authzid: "alice@example.com" }) });
    await login.credentials(authenticate, ["PLAIN"], null, encrypted);
    expect(authenticate.mock.lastCall).toEqual([
      expect.objectContaining({ authzid: "alice@example.com" }),
      "PLAIN",
      undefined,
    ]);
  });

  test("are not minted for a connection that others can read", async () => {
    const source = { mint: vi.fn(mint) };
    const authenticate = vi.fn(async () => {});
    const sockets = [
      undefined,
      { url: "ws://chat.example.com/ws" },
      { url: "ws://127.0.0.1.example.com/ws" },
      { remoteAddress: "192.0.2.1" },
      { remoteAddress: "192.0.2.1", url: "ws://localhost/ws" },
    ];
    for (const socket of sockets) {
      const connection = { isSecure: () => false, socket };
      const login = mayfly(source).credentials(authenticate, ["PLAIN"], null, connection);
      await expect(login).rejects.toMatchObject({ name: "MayflyError", code: "ERR_INSECURE" });
    }
    expect(source.mint).not.toHaveBeenCalled();
    expect(authenticate).not.toHaveBeenCalled();
  });

  test.each([
    { url: "ws://localhost:5280/ws" },
    { url: "ws://127.0.0.2/ws" },
    { url: "ws://[::1]:5280/ws" },
    { remoteAddress: "127.0.0.1" },
    { remoteAddress: "::ffff:127.0.0.1" },
    { remoteAddress: "::1" },
  ])("are presented to this very machine without encryption: %o", async (socket) => {
    const authenticate = vi.fn(async () => {});
    const connection = { isSecure: () => false, socket };
    await mayfly({ mint }).credentials(authenticate, ["PLAIN"], null, connection);
    expect(authenticate).toHaveBeenCalledOnce();
  });

  test("are not presented by a mechanism that they are not for", async () => {
    const authenticate = vi.fn(async () => {});
    const login = mayfly({ mint }).credentials(authenticate, ["SCRAM-SHA-1"], null, encrypted);
    await expect(login).rejects.toMatchObject({ code: "ERR_MECHANISM" });
    expect(authenticate).not.toHaveBeenCalled();
  });

  test("let the server's refusal through as it is", async () => {
    const refusal = new Error("not-authorized");
    const login = mayfly({ mint }).credentials(
      () => Promise.reject(refusal),
      ["PLAIN"],
      null,
      encrypted,
    );
    await expect(login).rejects.toBe(refusal);
  });

  test.each([
    ["nothing", undefined],
    ["no password", { ...credential, password: undefined }],
    ["an empty username", { ...credential, username: "" }],
    ["a username that is not ASCII", { ...credential, username: "jürgen" }],
    ["a NUL in the password", { ...credential, password: "a\0b" }],
    ["an authzid that is no text", { ...credential, authzid: 7 }],
  ])("cannot be %s", async (_, minted) => {
    const authenticate = vi.fn(async () => {});
    const source = { mint: () => minted as MintedCredential };
    const login = mayfly(source).credentials(authenticate, ["PLAIN"], null, encrypted);
    await expect(login).rejects.toMatchObject({ code: "ERR_CREDENTIAL" });
    expect(authenticate).not.toHaveBeenCalled();
  });

  test("that could not be minted say why", async () => {
    const cause = new Error("signed out");
    const source = { mint: () => Promise.reject(cause) };
    const login = mayfly(source).credentials(async () => {}, ["PLAIN"], null, encrypted);
    await expect(login).rejects.toMatchObject({
      code: "ERR_MINT",
      message: "no credential was minted: signed out",
      cause,
    });
  });
});

describe("credentials from a URL", () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url !== "/credentials" || request.headers.accept !== "application/json") {
        response.writeHead(403).end();
      } else {
        response.end(JSON.stringify(credential));
      }
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => void server.close());

  test("are fetched as JSON", async () => {
    const authenticate = vi.fn(async () => {});
    const login = mayfly({ url: `${url}/credentials` });
    await login.credentials(authenticate, ["PLAIN"], null, encrypted);
    const { username, password } = credential;
    expect(authenticate.mock.lastCall).toEqual([{ username, password }, "PLAIN", undefined]);
  });

  test("that are refused say where and how", async () => {
    const login = mayfly({ url: `${url}/elsewhere` });
    const refused = login.credentials(async () => {}, ["PLAIN"], null, encrypted);
    await expect(refused).rejects.toMatchObject({
      code: "ERR_MINT",
      message: `no credential was minted: [GET] "${url}/elsewhere": 403`,
    });
  });
});
