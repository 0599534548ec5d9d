import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { MayflyError } from "../../src/error.ts";
import { type Key, Keyring, type MintingNeed, misfit } from "../../src/keyring/index.ts";

const secret = "a secret that nobody may ever see";
const host = "example.com";

/** The id of the key that mints. */
function mintingId(keyring: Keyring, need: Partial<MintingNeed> = {}): string | undefined {
  return keyring.minting({ host, service: "xmpp", ...need })?.id;
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
    expect(keyring.verifying("mojoauth").map(({ id }) => id)).toEqual(["old", "new"]);
  });

  test("keeps keys to their hosts and services", () => {
    const keyring = new Keyring([
      { id: "hosts", secret, hosts: [host] },
      { id: "services", secret, services: ["turn"] },
    ]);
    const [forHost, forService] = keyring.keys as [Key, Key];
    expect(misfit(forHost, host, "xmpp")).toBeUndefined();
    expect(misfit(forHost, "other.example", "xmpp")).toBe("wrong-host");
    expect(misfit(forService, "other.example", "turn")).toBeUndefined();
    expect(misfit(forService, host, "xmpp")).toBe("wrong-service");
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
      { id: "a", secret: "another" },
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
