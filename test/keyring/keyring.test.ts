import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { MayflyError } from "../../src/error.ts";
import { type Key, type KeyQuery, Keyring, keyMismatch } from "../../src/keyring/index.ts";

const secret = "a secret that nobody may ever see";
const host = "example.com";

/** The id of the key that mints. */
function mintingId(keyring: Keyring, need: Partial<KeyQuery> = {}): string | undefined {
  return keyring.findMintKey({ host, service: "xmpp", ...need })?.id;
}

describe("the keyring", () => {
  test("mints with the first key in state mint", () => {
    const keyring = new Keyring([
      { id: "old", secret, state: "verify" },
      { id: "new", secret },
      { id: "next", secret },
    ]);
    expect(mintingId(keyring)).toBe("new");
    expect(mintingId(keyring, { id: "next" })).toBe("next");
    expect(mintingId(keyring, { id: "old" })).toBeUndefined();
  });

  test("verifies with every key that is not off, in order", () => {
    const keyring = new Keyring([
      { id: "old", secret, state: "verify" },
      { id: "gone", secret, state: "off" },
      { id: "new", secret },
    ]);
    expect(keyring.verifyKeys("mojoauth").map(({ id }) => id)).toEqual(["old", "new"]);
  });

  test("has no hosts, of keys or issuers, that would never be found", () => {
    const thrown = (...given: ConstructorParameters<typeof Keyring>) =>
      expect(() => new Keyring(...given));
    const mistake = (message: string) => expect.objectContaining({ code: "ERR_KEY", message });
    thrown([{ id: "a", secret, hosts: [host, "Example.COM."] }]).toThrow(
      mistake("key a: the host Example.COM. must be written example.com"),
    );
    const algorithms = ["ES256"] as const;
    const keys = { getKeys: () => Promise.resolve([]) };
    const issuer = { issuer: "https://id.example", keys, algorithms, audience: "app" };
    for (const more of [{ hosts: ["Bücher.example"] }, { domains: ["Bücher.example"] }]) {
      thrown([], [{ ...issuer, ...more }]).toThrow(
        mistake(
          "issuer https://id.example: the host Bücher.example must be written bücher.example",
        ),
      );
    }
    thrown([{ id: "a", secret, hosts: [host] }], [{ ...issuer, hosts: [host] }]).not.toThrow();
  });

  test("keeps keys to their hosts and services", () => {
    const keyring = new Keyring([
      { id: "hosts", secret, hosts: [host] },
      { id: "services", secret, services: ["turn"] },
    ]);
    const [forHost, forService] = keyring.keys as [Key, Key];
    expect(keyMismatch(forHost, host, "xmpp")).toBeUndefined();
    expect(keyMismatch(forHost, "other.example", "xmpp")).toBe("wrong-host");
    expect(keyMismatch(forService, "other.example", "turn")).toBeUndefined();
    expect(keyMismatch(forService, host, "xmpp")).toBe("wrong-service");
    expect(mintingId(keyring, { host: "other.example" })).toBeUndefined();
    expect(mintingId(keyring, { host: "other.example", service: "turn" })).toBe("services");
  });

  test("has only sha1 for TURN, which knows no other", () => {
    const keyring = new Keyring([{ id: "sha256", secret, algorithm: "sha256" }]);
    expect(mintingId(keyring, { service: "turn" })).toBeUndefined();
    expect(mintingId(keyring, { service: "sip" })).toBe("sha256");
  });

  test("refuses an empty secret and an id that is used twice", () => {
    expect(() => new Keyring([{ id: "a", secret: "" }])).toThrow(MayflyError);
    const twice = [
      { id: "a", secret },
      { id: "a", secret: `${secret}, nor this` },
    ];
    expect(() => new Keyring(twice)).toThrow("key a: the id is used twice");
  });

  test("shows no secret when it is printed", () => {
    const keyring = new Keyring([{ id: "a", secret }]);
    const printed = inspect(keyring, { depth: 9, showHidden: true }) + JSON.stringify(keyring);
    expect(printed).toContain("sha1");
    expect(printed).not.toContain(secret);
    expect(printed).not.toContain(Buffer.from(secret).toString("hex").slice(0, 8));
  });
});
