import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareLocalpart } from "../../src/credential/index.ts";
import { rawOutcome } from "../support/clients/raw-login.ts";
import { accepted, mapped, mixed, refused, refusedByUs } from "../support/data/localparts.ts";
import { nodeprep } from "../support/data/nodeprep.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const secret = "the secret of the localparts' tests";
const host = "example.org";

/** An inline password for a localpart, without the code under test. */
function passwordFor(localpart: string): string {
  const expires = Math.floor(Date.now() / 1000) + 600;
  const mac = createHmac("sha1", secret).update(`${expires}:${localpart}@${host}`);
  return `${expires}:${mac.digest("base64")}`;
}

/** Our prepared form; `undefined` where we refuse. */
function ours(text: string): string | undefined {
  try {
    return prepareLocalpart(text);
  } catch {
    return undefined;
  }
}

describeWith("ejabberd")("a localpart in ejabberd", () => {
  let server: Ejabberd;

  beforeAll(async () => {
    server = await startEjabberd({ hosts: [host], mayfly: { keys: [{ id: "one", secret }] } });
  });
  afterAll(() => server?.stop());

  /** Logs in, and gives the outcome and what the program was asked and answered meanwhile. */
  async function logIn(user: string, signed: string) {
    const before = server.decisions().length;
    const outcome = await rawOutcome(server, { user, host, password: passwordFor(signed) });
    const asked = () => server.decisions().slice(before);
    return { outcome, asked };
  }

  describe("that is accepted", () => {
    test.each(accepted)("is asked for and bound as it is: %s", async (localpart) => {
      const { outcome, asked } = await logIn(localpart, localpart);
      expect(outcome).toBe(`${localpart}@${host}`);
      expect(await until(() => asked()[0])).toMatchObject({ user: localpart, host, ok: true });
    });
  });

  describe("that has another accepted form", () => {
    test.each(mapped)("is asked for in that form: %s, %s", async (written, form) => {
      const { outcome, asked } = await logIn(written, form);
      expect(outcome).toContain(`@${host}`);
      expect(await until(() => asked()[0])).toMatchObject({ user: form, host, ok: true });
    });
  });

  describe("that is refused outright", () => {
    // A NUL would end the user's name in SASL PLAIN.
    const forbidden = refused.filter(([, text]) => !text.includes("\0"));
    test.each([
      ...forbidden,
      ...mixed.map((text) => ["two directions", text]),
      ["1024 bytes", "a".repeat(1024)],
    ])("is not asked for: %s", async (_, text = "") => {
      const { outcome, asked } = await logIn(text, text);
      expect(outcome).toBe("not-authorized");
      const { asked: askedLater } = await logIn("alice", "alice");
      await until(() => askedLater()[0]);
      expect(asked()).toMatchObject([{ user: "alice" }]);
    });

    test("is refused when nothing is left of it", async () => {
      const { outcome, asked } = await logIn("\u200b", "");
      expect(outcome).toBe("not-authorized");
      expect(await until(() => asked()[0])).toMatchObject({ user: "", ok: false });
    });

    test("would be asked for, where we are stricter: the tests above can tell", async () => {
      for (const [, text] of refusedByUs) {
        const { asked } = await logIn(text, text);
        expect(await until(() => asked()[0])).toMatchObject({ op: "auth" });
      }
    });
  });
});

describeWith("ejabberd")("ejabberd's nodeprep", () => {
  let everything: string[];
  let usable: string[];

  beforeAll(() => {
    everything = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code)).filter(
      (character) => /[^\p{Cn}\p{Co}\p{Cs}\0]/u.test(character),
    );
    usable = everything.filter((character) => ours(character) === character);
  });

  /** What we prepare, and ejabberd prepares otherwise or refuses. */
  function disagreements(texts: string[]): unknown[] {
    const prepared = texts.filter((text) => ours(text) !== undefined);
    const theirs = nodeprep(prepared);
    return prepared
      .map((text, index) => ({ text, ours: ours(text), ejabberd: theirs[index] }))
      .filter(({ ours, ejabberd }) => ours !== ejabberd);
  }

  test("makes what we make of every character", () => {
    expect(usable.length).toBeGreaterThan(80_000);
    expect(disagreements(everything)).toEqual([]);
  });

  // A sequence that we map may differ: ejabberd does not always put three marks in order.
  test("leaves every text that we accept as it is", () => {
    const scripts = ["Latin", "Greek", "Cyrillic", "Hebrew", "Arabic", "Devanagari", "Thai", "Han"];
    const alphabets = scripts.map((script) => {
      const inScript = new RegExp(`\\p{Script=${script}}|\\p{Script=Inherited}|[!-~]`, "u");
      return fc.constantFrom(...usable.filter((character) => inScript.test(character)));
    });
    const text = fc.oneof(
      ...[...alphabets, fc.constantFrom(...usable)].map((unit) =>
        fc.string({ unit, maxLength: 6 }),
      ),
    );
    const texts = fc.sample(text, 50_000).filter((it) => ours(it) === it);
    expect(texts.length).toBeGreaterThan(10_000);
    expect(disagreements(texts)).toEqual([]);
  });
});
