import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Keyring, KeyringError } from "../../src/keyring/index.ts";

const secret = "a secret that nobody may ever see";
const host = "example.com";

describe("the keyring", () => {
  test("mints with the first key in state mint", () => {
    const keyring = new Keyring([
      { id: "old", secret, state: "verify" },
      { id: "new", secret },
      { id: "next", secret },
    ]);
    expect(keyring.minting(host, "xmpp")?.id).toBe("new");
    expect(keyring.minting(host, "xmpp", "next")?.id).toBe("next");
    expect(keyring.minting(host, "xmpp", "old")).toBeUndefined();
  });

  test("verifies with every key that is not off, in order", () => {
    const keyring = new Keyring([
      { id: "old", secret, state: "verify" },
      { id: "gone", secret, state: "off" },
      { id: "new", secret },
    ]);
    expect(keyring.verifying(host, "xmpp").map(({ id }) => id)).toEqual(["old", "new"]);
  });

  test("keeps keys to their hosts and services", () => {
    const keyring = new Keyring([
      { id: "hosts", secret, hosts: [host] },
      { id: "services", secret, services: ["turn"] },
    ]);
    const ids = (on: string, service: "xmpp" | "turn") =>
      keyring.verifying(on, service).map(({ id }) => id);
    expect(ids(host, "xmpp")).toEqual(["hosts"]);
    expect(ids("other.example", "xmpp")).toEqual([]);
    expect(ids("other.example", "turn")).toEqual(["services"]);
    expect(keyring.minting("other.example", "xmpp")).toBeUndefined();
  });

  test("has only sha1 for TURN, which knows no other", () => {
    const keyring = new Keyring([{ id: "sha256", secret, algorithm: "sha256" }]);
    expect(keyring.minting(host, "turn")).toBeUndefined();
    expect(keyring.minting(host, "sip")?.id).toBe("sha256");
  });

  test("refuses an empty secret and an id that is used twice", () => {
    expect(() => new Keyring([{ id: "a", secret: "" }])).toThrow(KeyringError);
    const twice = [
      { id: "a", secret },
      { id: "a", secret: "another" },
    ];
    expect(() => new Keyring(twice)).toThrow("key a: this id is used twice");
  });

  test("shows no secret when it is printed", () => {
    const keyring = new Keyring([{ id: "a", secret }]);
    const printed = inspect(keyring, { depth: 9, showHidden: true }) + JSON.stringify(keyring);
    expect(printed).toContain("sha1");
    expect(printed).not.toContain(secret);
    expect(printed).not.toContain(Buffer.from(secret).toString("hex").slice(0, 8));
  });
});
