import { afterAll, beforeAll, expect, test } from "vitest";
import { Keyring, mint } from "../../src/index.ts";
import { outcome } from "../support/clients/xmpp-client.ts";
import { now } from "../support/clock.ts";
import { accepted, mapped, refused } from "../support/data/localparts.ts";
import { vectorCases, vectorKeys } from "../support/data/mojoauth-vectors.ts";
import type { ServerName } from "../support/machine/debian.ts";
import {
  type Language,
  type LanguageName,
  languages,
  type Minted,
  mintWith,
} from "../support/minting/languages.ts";
import { type Coturn, startCoturn } from "../support/servers/coturn.ts";
import { type Ejabberd, startEjabberd } from "../support/servers/ejabberd.ts";
import { type Kamailio, startKamailio } from "../support/servers/kamailio.ts";
import { registration } from "../support/sip/phone.ts";
import { allocation } from "../support/sip/turn-client.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const secret = "the secret that each language knows, Schlüssel";
const keyring = new Keyring([{ id: "north", secret }]);
const host = "example.org";
const at = 1_893_455_400;
const visitors = ["jürgen", "żółw", "田中"];

/** Names in their prepared form; those with escapes have other ids for SIP and TURN. */
const prepared = accepted.filter((name) => !name.includes("\\"));
const escaped = accepted.filter((name) => name.includes("\\"));
/** Spellings that a server would change, or refuse. No argument of a shell can hold a NUL. */
const unprepared = [...mapped.map(([written]) => written), "straße"];
const forbidden = refused.map(([, name]) => name).filter((name) => !name.includes("\0"));

/** Which of those an example does not see, for want of NFKC or of case folding in its language's library. */
const unseen: Record<LanguageName, (name: string) => boolean> = {
  Python: () => false,
  Ruby: () => false,
  Java: (name) => ["αλίκῃ", "ᲀlice"].includes(name),
  "C#": (name) => ["αλίκῃ", "İzmir", "ﬁnn"].includes(name) || /[\u{10000}-\u{10ffff}]/u.test(name),
  Elixir: (name) => name === "αλίκῃ",
  WebCrypto: (name) => ["αλίκῃ", "ᲀlice"].includes(name),
  "PHP with intl": (name) => ["οδος", "αλίκῃ", "straße", "ᲀlice"].includes(name),
  PHP: (name) => !/^[ -~]*$|[\p{C}\p{Z}\p{Lu}\p{Lt}\p{So}]/u.test(name),
  Go: (name) => !/^[ -~]*$|[\p{Cc}\p{Cf}\p{Co}\p{Z}\p{Lu}\p{Lt}\p{So}]/u.test(name),
  shell: (name) => !/[\0-\x20A-Z"&'/:<>@\\\x7f]/.test(name),
};

/** The good logins of the shared vectors in the form that the examples mint: SHA-1, for XMPP, with the host. */
const vectors = vectorCases.flatMap(({ user, host, hostBound, password, decision }) => {
  const { algorithm, secret = "" } = (decision.ok && vectorKeys[decision.key]) || {};
  if (!decision.ok || algorithm !== "sha1" || user === undefined || !hostBound) return [];
  if (!/^\d+:[\w+/]{27}=$/.test(String(password)) || user.includes("\\")) return [];
  const request = { secret, localpart: user, host, ttl: 600, now: decision.expires - 600 };
  return [{ request, password: String(password) }];
});

const installed: ServerName[] = ["ejabberd", "coturn", "kamailio", "kamailioTls"];
let ejabberd: Ejabberd;
let coturn: Coturn;
let kamailio: Kamailio;
beforeAll(async () => {
  [ejabberd, coturn, kamailio] = await Promise.all([
    startEjabberd({ hosts: [host], mayfly: { keys: [{ id: "north", secret }] } }),
    startCoturn({ secrets: [secret] }),
    startKamailio({ secrets: [secret], domains: [host] }),
  ]);
});
afterAll(() => Promise.all([ejabberd, coturn, kamailio].map((server) => server?.stop())));

test("the shared vectors have enough of what is minted", () => {
  expect(vectors.length).toBeGreaterThan(10);
  expect(vectors.some(({ request }) => request.localpart === "jürgen")).toBe(true);
  expect(vectors.some(({ request }) => request.host === "bücher.example")).toBe(true);
  expect(vectors.some(({ request }) => request.secret.endsWith("\n"))).toBe(true);
});

for (const language of Object.keys(languages) as LanguageName[]) {
  const { needs = [] }: Language = languages[language];
  describeWith(...installed, ...needs)(`the example in ${language}`, () => {
    const unwanted = [...escaped, ...unprepared, ...forbidden];
    let [byVector, made, refused, fresh]: (Minted | undefined)[][] = [];

    // All in one process: some take a second to start.
    beforeAll(async () => {
      const requestsAt = (names: string[], now: number) =>
        names.map((localpart) => ({ secret, localpart, host, ttl: 600, now }));
      const groups = [
        vectors.map(({ request }) => request),
        requestsAt(prepared, at),
        requestsAt(unwanted, at),
        requestsAt(visitors, now()),
      ];
      const all = await mintWith(language, groups.flat());
      [byVector, made, refused, fresh] = groups.map(({ length }) => all.splice(0, length));
    });

    test("mints what we mint, of the shared vectors and of names in every script", async () => {
      expect(byVector?.map((it) => it?.xmpp.password)).toEqual(vectors.map((it) => it.password));
      expect(made).toEqual(await Promise.all(prepared.map(mintOurs)));
    });

    test("refuses a name that servers would change, as far as its language sees it", () => {
      const passed = unwanted.filter((_, index) => refused?.[index]);
      expect(passed).toEqual(unwanted.filter(unseen[language]));
    });

    test.each(visitors)(
      "opens XMPP, SIP and TURN at once for %s, and XMPP for no other",
      async (name) => {
        const { jid, expires, xmpp, sip } = (fresh ?? [])[visitors.indexOf(name)] as Minted;
        const credential = { jid, expires, ttl: 600, ...xmpp };
        const alices = { ...credential, jid: `alice@${host}`, username: "alice" };
        expect(await outcome(ejabberd, credential)).toBe(jid);
        expect(await outcome(ejabberd, alices)).toBe("not-authorized");
        expect(await allocation(coturn.udp, sip)).toBe("allocated");
        expect(await registration(kamailio.udp, jid, sip)).toBe("200 OK");
      },
    );
  });
}

describeWith("ejabberd", "php")("a name that PHP does not see to be unprepared", () => {
  test.each(["ju\u0308rgen", "straße", "ﬁnn"])("%s logs in to no account", async (name) => {
    const request = { secret, localpart: name, host, ttl: 600, now: now() };
    const [minted] = (await mintWith("PHP", [request])) as [Minted];
    const { jid, expires, xmpp } = minted;
    expect(await outcome(ejabberd, { jid, expires, ttl: 600, ...xmpp })).toBe("not-authorized");
  });
});

/** What we mint. */
async function mintOurs(localpart: string): Promise<Minted> {
  const request = { jid: `${localpart}@${host}`, ttl: 600 };
  const { username, password, expires, jid = "" } = await mint(request, { keyring, now: at });
  const turn = await mint({ ...request, service: "turn" }, { keyring, now: at });
  const sip = { username: turn.username, password: turn.password };
  return { xmpp: { username, password }, sip, expires, jid };
}
