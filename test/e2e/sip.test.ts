import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Hash } from "../../src/credential/index.ts";
import { type KeyInput, Keyring } from "../../src/keyring/index.ts";
import { mint as mintWith } from "../../src/mint/index.ts";
import { mayfly } from "../support/cli/run-cli.ts";
import { now, withinOneSecond } from "../support/clock.ts";
import { tampered } from "../support/data/tampered.ts";
import { versionOf } from "../support/machine/debian.ts";
import { type Kamailio, shaAlgorithms, startKamailio } from "../support/servers/kamailio.ts";
import {
  type Header,
  headerOf,
  headersOf,
  type SipMessage,
  statusOf,
} from "../support/sip/messages.ts";
import { type Caller, type Phone, pickUp, type SipAddress } from "../support/sip/phone.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const keys: KeyInput[] = [
  { id: "north", secret: "the secret of SIP, 2026-11" },
  { id: "south", secret: "c291dGg+Pz8/Lz8+south==" },
];
const secrets = keys.map(({ secret }) => String(secret));
const alice = "alice@example.org";
const mint = (jid: string, { at = now(), ttl = 60, key = "north" } = {}) =>
  mintWith({ jid, ttl, key, service: "sip" }, { keyring: new Keyring(keys), now: at });

describeWith(
  "kamailio",
  "kamailioTls",
  "sipsak",
)("Kamailio", () => {
  let server: Kamailio;
  const phones: Phone[] = [];

  beforeAll(async () => {
    server = await startKamailio({ secrets, domains: ["example.org", "other.example"] });
  });
  afterEach(hangUpAll);
  afterAll(() => server?.stop());

  function hangUpAll(): void {
    for (const phone of phones.splice(0)) phone.hangUp();
  }

  async function phoneOf(caller: Caller, address: SipAddress = server.udp): Promise<Phone> {
    const phone = await pickUp(address, caller);
    phones.push(phone);
    return phone;
  }

  /** A telephone that is registered with a credential of its own. */
  async function registered(aor: string, address?: SipAddress): Promise<Phone> {
    const phone = await phoneOf({ aor, credential: await mint(aor) }, address);
    expect(statusOf(await register(phone))).toBe("200 OK");
    return phone;
  }

  /** How a registration ends. */
  async function outcome(caller: Caller): Promise<string | undefined> {
    return statusOf(await register(await phoneOf(caller)));
  }

  test("is of the version that is installed", ({ task }) => {
    task.meta.spokeTo = `Kamailio ${server.version}`;
    expect(versionOf("kamailio")).toContain(server.version);
  });

  describe("on REGISTER", () => {
    test.each(["udp", "tls"] as const)("lets the owner in over %s", async (transport) => {
      const phone = await phoneOf({ aor: alice, credential: await mint(alice) }, server[transport]);
      expect(statusOf(await register(phone))).toBe("200 OK");
    });

    test.each(["sip", "all"])("takes what mayfly mint --service %s prints", async (service) => {
      const env = { MAYFLY_SECRET: secrets[0] ?? "" };
      const { stdout } = mayfly(["mint", alice, "--service", service, "--json"], { env });
      const printed = JSON.parse(stdout);
      expect(await outcome({ aor: alice, credential: printed.sip ?? printed })).toBe("200 OK");
    });

    test("takes a localpart with punctuation", async () => {
      const aor = "a.b-c_d+e=f@example.org";
      expect(await outcome({ aor, credential: await mint(aor) })).toBe("200 OK");
    });

    test.each([
      ["Alice Smith", "alice/20smith@example.org"],
      ["alice@corp.com", "alice/40corp.com@example.org"],
    ])("takes an app's name, %s, as %s, and for nobody else", async (name, aor) => {
      const keyring = new Keyring(keys);
      const credential = await mintWith({ name, host: "example.org", service: "sip" }, { keyring });
      expect(credential.jid).toBe(aor);
      expect(await outcome({ aor, credential })).toBe("200 OK");
      expect(await outcome({ aor: alice, credential })).toBe("403 Not Your Identity");
    });

    test("asks who it is", async () => {
      expect(await outcome({ aor: alice })).toBe("401 Unauthorized");
    });

    test("takes a credential in the second in which it expires, and refuses it in the next", async () => {
      const at = (expires: number) =>
        mint(alice, { at: expires - 60 }).then((credential) => outcome({ aor: alice, credential }));
      expect(await withinOneSecond((second) => at(second))).toBe("200 OK");
      expect(await withinOneSecond((second) => at(second - 1))).toBe("401 Unauthorized");
    });

    test("refuses what is tampered with", async () => {
      const changed = tampered(await mint(alice));
      for (const [part, credential] of Object.entries(changed)) {
        const refused = { part, is: await outcome({ aor: alice, credential }) };
        expect(refused).toEqual({ part, is: "401 Unauthorized" });
      }
    });

    test("takes both keys while one follows the other, and no third", async () => {
      for (const key of ["north", "south"]) {
        expect(await outcome({ aor: alice, credential: await mint(alice, { key }) })).toBe(
          "200 OK",
        );
      }
      const credential = signed(alice, "sha1", "another secret");
      expect(await outcome({ aor: alice, credential })).toBe("401 Unauthorized");
    });

    test("refuses alice's credential for bob, as From or To", async () => {
      const credential = await mint(alice);
      expect(await outcome({ aor: "bob@example.org", credential })).toBe("403 Not Your Identity");
      const phone = await phoneOf({ aor: alice, credential });
      const answer = await register(phone, { to: "<sip:bob@example.org>" });
      expect(statusOf(answer)).toBe("403 Not Your Identity");
    });

    test.each([
      ["of another domain served", "alice@other.example", alice],
      ["that names no domain", alice, "alice"],
      ["that names nobody", alice, undefined],
    ])("refuses a credential %s", async (_, aor, id) => {
      const credential = id === alice ? await mint(alice) : signed(id, "sha1");
      expect(await outcome({ aor, credential })).toBe("403 Not Your Identity");
    });

    test("refuses a domain that is not served", async () => {
      const aor = "alice@elsewhere.example";
      expect(await outcome({ aor, credential: await mint(aor) })).toBe("403 Unknown Domain");
    });

    test("refuses %61lice, whom the registrar would take for alice", async () => {
      const aor = "%61lice@example.org";
      expect(await outcome({ aor, credential: await mint(aor) })).toBe("403 Not Your Identity");
      const phone = await phoneOf({ aor: alice, credential: await mint(alice) });
      const answer = await register(phone, { to: "<sip:%61lice@example.org>" });
      expect(statusOf(answer)).toBe("403 Not Your Identity");
    });
  });

  test("lets sipsak in, and refuses it what it refuses others", async () => {
    const run = (user: string, { username, password }: { username: string; password: string }) => {
      const where = [
        "-i",
        "-n",
        "-H",
        "127.0.0.1",
        "-l",
        "0",
        "-p",
        `127.0.0.1:${server.udp.port}`,
      ];
      const who = ["-s", `sip:${user}@example.org`, "-C", `sip:${user}@127.0.0.1:9`, "-x", "60"];
      const args = ["-U", ...where, ...who, "-u", username, "-a", password];
      return spawnSync("sipsak", args, { timeout: 30_000 }).status;
    };
    const minted = await mint("sipsak@example.org");
    expect(run("sipsak", minted)).toBe(0);
    expect(run("bob", minted)).toBe(1);
    expect(run("sipsak", await mint("sipsak@example.org", { at: now() - 62 }))).toBe(2);
    for (const changed of Object.values(tampered(minted))) expect(run("sipsak", changed)).toBe(2);
  });

  describe("keeps a binding", () => {
    const here = "<sip:alice@127.0.0.1:9>";
    const there = "<sip:alice@127.0.0.1:10>";

    /** The seconds that the bindings are kept, asked for with a credential that lives for 20 more. */
    async function kept(headers: Header[]): Promise<number[]> {
      const credential = await mint(alice, { ttl: 20 });
      const phone = await phoneOf({ aor: alice, credential });
      await phone.ask("REGISTER", {
        headers: [
          ["Contact", "*"],
          ["Expires", "0"],
        ],
      });
      return expiries(await phone.ask("REGISTER", { headers }));
    }

    test.each<[string, Header[]]>([
      [
        "by Expires",
        [
          ["Contact", here],
          ["Expires", "900"],
        ],
      ],
      ["by the Contact", [["Contact", `${here};expires=900`]]],
      ["by an odd spelling", [["Contact", `${here} ; EXPIRES = "900"`]]],
      ["by a short header name", [["m", `${here};expires=900`]]],
      [
        "by the second of two",
        [
          ["Contact", `${here};expires=10`],
          ["Contact", `${there};expires=900`],
        ],
      ],
      ["by the second in one", [["Contact", `${here};expires=10, ${there};expires=900`]]],
      ["by nothing at all", [["Contact", here]]],
    ])("never longer than its credential: asked for %s", async (_, headers) => {
      const lifetimes = await kept(headers);
      expect(lifetimes.length).toBeGreaterThan(0);
      for (const lifetime of lifetimes) {
        expect(lifetime).toBeLessThanOrEqual(20);
        expect(lifetime).toBeGreaterThan(5);
      }
    });

    test.each<[string, Header[]]>([
      [
        "by Expires",
        [
          ["Contact", here],
          ["Expires", "4"],
        ],
      ],
      ["by the Contact", [["Contact", `${here};expires=4`]]],
      [
        "by both",
        [
          ["Contact", `${here};expires=4`],
          ["Expires", "900"],
        ],
      ],
    ])("as short as is asked for %s", async (_, headers) => {
      expect(await kept(headers)).toEqual([4]);
    });

    test.each<[string, Header[]]>([
      [
        "by Expires",
        [
          ["Contact", here],
          ["Expires", "0"],
        ],
      ],
      ["by the Contact", [["Contact", `${here};expires=0`]]],
      ["by what is no number", [["Contact", `${here};expires=forever`]]],
    ])("no longer where it is given up %s", async (_, headers) => {
      const phone = await phoneOf({ aor: alice, credential: await mint(alice) });
      await phone.ask("REGISTER", {
        headers: [
          ["Contact", here],
          ["Expires", "60"],
        ],
      });
      await phone.ask("REGISTER", { headers });
      const left = await phone.ask("REGISTER");
      expect(headersOf(left, "Contact").filter((it) => it.includes(here))).toEqual([]);
    });
  });

  describe("passes on", () => {
    const toBob = { uri: "sip:bob@example.org", to: "<sip:bob@example.org>" };

    test("a message to an app's name", async () => {
      const aor = "bob/20jones@example.org";
      const credential = await mint("bob\\20jones@example.org");
      const bob = await phoneOf({ aor, credential });
      expect(statusOf(await register(bob))).toBe("200 OK");
      const phone = await phoneOf({ aor: alice, credential: await mint(alice) });
      const toName = { uri: `sip:${aor}`, to: `<sip:${aor}>` };
      expect(statusOf(await phone.ask("MESSAGE", toName))).toBe("200 OK");
      expect(bob.requests).toHaveLength(1);
    });

    test("a message, without the credential it came with", async () => {
      const bob = await registered("bob@example.org", server.tls);
      const phone = await phoneOf({ aor: alice, credential: await mint(alice) });
      expect(statusOf(await phone.ask("MESSAGE", toBob))).toBe("200 OK");
      const [message] = bob.requests;
      expect(message?.start).toMatch(/^MESSAGE sip:bob@127\.0\.0\.1/);
      expect(message?.headers.map(([name]) => name)).not.toContain("Proxy-Authorization");
    });

    test("nothing that a caller asserts of who is calling, nor what the callee does", async () => {
      const asserted: Header[] = [
        ["P-Asserted-Identity", "<sip:boss@example.org>"],
        ["p-asserted-identity", "<tel:+1202>, <sip:boss@example.org>"],
        ["P-Preferred-Identity", "<sip:boss@example.org>"],
        ["Remote-Party-ID", "<sip:boss@example.org>;party=calling"],
        ["Remote-Party-ID", "<sip:boss@example.org>;party=called"],
      ];
      const names = (message?: SipMessage) => message?.headers.map(([name]) => name.toLowerCase());
      const bob = await registered("bob@example.org");
      bob.answersWith = asserted;
      const phone = await phoneOf({ aor: alice, credential: await mint(alice) });
      const message = await phone.ask("MESSAGE", { ...toBob, headers: asserted });
      const call = await dial(phone, "bob@example.org", asserted);
      const again = await phone.ask("INVITE", call);
      phone.send("ACK", call);
      const seen = [...bob.requests, message, again];
      expect(bob.requests.length).toBeGreaterThanOrEqual(3);
      for (const one of seen) {
        expect(names(one)).toContain("from");
        for (const [name] of asserted) expect(names(one)).not.toContain(name.toLowerCase());
      }
    });

    test("a call, to its end, also when the credential has expired", async () => {
      const bob = await registered("bob@example.org");
      const credential = await mint(alice, { ttl: 5 });
      const phone = await phoneOf({ aor: alice, credential });
      const call = await dial(phone, "bob@example.org");
      await until(() => now() > credential.expires);
      const mallory = await phoneOf({ aor: "mallory@example.org" });
      expect(statusOf(await mallory.ask("BYE", call))).toBe("481 Call Does Not Exist");
      expect(statusOf(await phone.ask("INVITE", call))).toBe("200 OK");
      phone.send("ACK", call);
      expect(statusOf(await phone.ask("BYE", call))).toBe("200 OK");
      const methods = () => bob.requests.map(({ start }) => start.split(" ")[0]);
      await until(() => methods().length === 5);
      expect(methods().sort()).toEqual(["ACK", "ACK", "BYE", "INVITE", "INVITE"]);
    });

    test("nothing without a credential", async () => {
      const bob = await registered("bob@example.org");
      const nobody = await phoneOf({ aor: alice });
      const direct = { ...toBob, uri: bob.contact };
      const route: Header = ["Route", `<sip:127.0.0.1:${server.udp.port};lr>`];
      for (const method of ["MESSAGE", "INVITE"]) {
        for (const what of [toBob, direct, { ...direct, headers: [route] }]) {
          const asked = statusOf(await nobody.ask(method, what));
          expect(asked).toBe("407 Proxy Authentication Required");
        }
      }
      const inCall = { ...direct, to: "<sip:bob@example.org>;tag=1", headers: [route] };
      for (const method of ["INVITE", "BYE", "MESSAGE"]) {
        expect(statusOf(await nobody.ask(method, inCall))).toBe("481 Call Does Not Exist");
      }
      nobody.send("ACK", inCall);
      nobody.send("ACK", direct);
      const last = await phoneOf({ aor: alice, credential: await mint(alice) });
      await last.ask("MESSAGE", toBob);
      expect(bob.requests.map(({ start }) => start.split(" ")[0])).toEqual(["MESSAGE"]);
    });

    test("nothing in another's name, or with what has expired", async () => {
      const bob = await registered("bob@example.org");
      for (const aor of ["bob@example.org", "%61lice@example.org"]) {
        const credential = await mint(aor.startsWith("%") ? aor : alice);
        const phone = await phoneOf({ aor, credential });
        expect(statusOf(await phone.ask("MESSAGE", toBob))).toBe("403 Not Your Identity");
      }
      const late = await phoneOf({ aor: alice, credential: await mint(alice, { at: now() - 62 }) });
      expect(statusOf(await late.ask("MESSAGE", toBob))).toBe("407 Proxy Authentication Required");
      expect(bob.requests).toEqual([]);
    });

    test("nothing to a domain that is not served, or to the other domain's bob", async () => {
      const bob = await registered("bob@example.org");
      const phone = await phoneOf({ aor: alice, credential: await mint(alice) });
      const to = (uri: string) => phone.ask("MESSAGE", { uri, to: `<${uri}>` }).then(statusOf);
      expect(await to("sip:bob@elsewhere.example")).toBe("403 Not Served");
      expect(await to(bob.contact)).toBe("403 Not Served");
      expect(await to("sip:bob@other.example")).toBe("404 Not Found");
      expect(bob.requests).toEqual([]);
    });
  });

  test("logs no secret and no MAC", async () => {
    const credential = await mint(alice);
    await outcome({ aor: alice, credential });
    await outcome({ aor: alice, credential: await mint(alice, { at: now() - 62 }) });
    const logged = await until(() => server.logged().includes("has expired") && server.logged());
    for (const secret of [...secrets, credential.password]) expect(logged).not.toContain(secret);
  });
});

describeWith("kamailio", "kamailioTls")("Kamailio with another sha_algorithm", () => {
  test.each(shaAlgorithms)("takes credentials of %s keys alone", async (algorithm) => {
    const secret = secrets[0] ?? "";
    const server = await startKamailio({ secrets: [secret], algorithm });
    async function outcome(
      credential: NonNullable<Caller["credential"]>,
    ): Promise<string | undefined> {
      const phone = await pickUp(server.udp, { aor: alice, credential });
      const answer = await register(phone);
      phone.hangUp();
      return statusOf(answer);
    }
    try {
      const keyring = new Keyring([{ id: algorithm, secret, algorithm }]);
      const minted = await mintWith({ jid: alice, service: "sip" }, { keyring });
      expect(await outcome(minted)).toBe("200 OK");
      for (const other of shaAlgorithms.filter((it) => it !== algorithm)) {
        expect(await outcome(signed(alice, other))).toBe("401 Unauthorized");
      }
    } finally {
      await server.stop();
    }
  });
});

function register(phone: Phone, what: { to?: string } = {}): Promise<SipMessage> {
  const headers: Header[] = [
    ["Contact", `<${phone.contact}>`],
    ["Expires", "60"],
  ];
  return phone.ask("REGISTER", { headers, ...what });
}

/** The lifetimes of the bindings that a REGISTER was answered with. */
function expiries(answer: SipMessage): number[] {
  expect(statusOf(answer)).toBe("200 OK");
  return [...headerOf(answer, "Contact").matchAll(/;expires=(\d+)/g)].map(([, it]) => Number(it));
}

/** Calls somebody, with more headers: what is asked in the call goes with it. */
async function dial(phone: Phone, callee: string, more: Header[] = []) {
  const contact: Header = ["Contact", `<${phone.contact}>`];
  const callId = `call of ${phone.contact}`;
  const uri = `sip:${callee}`;
  const answer = await phone.ask("INVITE", {
    callId,
    uri,
    to: `<${uri}>`,
    headers: [contact, ...more],
  });
  expect(statusOf(answer)).toBe("200 OK");
  const routes = headersOf(answer, "Record-Route").map((route): Header => ["Route", route]);
  const target = headerOf(answer, "Contact").replace(/^<(.*)>$/, "$1");
  const headers = [...routes.reverse(), contact, ...more];
  const call = { callId, uri: target, to: headerOf(answer, "To"), headers };
  phone.send("ACK", call);
  return call;
}

/** A credential that the code under test would not mint. */
function signed(id: string | undefined, hash: Hash, secret = secrets[0] ?? "") {
  const username = `${now() + 60}${id === undefined ? "" : `:${id}`}`;
  return { username, password: createHmac(hash, secret).update(username).digest("base64") };
}
