import JsSip from "jssip";
import { Registerer, RegistererState, type URI, UserAgent } from "sip.js";
import { afterAll, beforeAll, test } from "vitest";
import { WebSocket } from "ws";
import { type MintedCredential, mint as mintWith } from "../../src/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import {
  type MayflyError,
  renewJsSip,
  renewSipJs,
  type SipLogin,
  sipLogin,
} from "../../src/sip/index.ts";
import { flipBit } from "../support/data/bit-flips.ts";
import { layWire } from "../support/fakes/cuttable-proxy.ts";
import { type Kamailio, startKamailio } from "../support/servers/kamailio.ts";
import { headersOf } from "../support/sip/messages.ts";
import { pickUp } from "../support/sip/phone.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const secret = "the secret of the telephones";
const keyring = new Keyring([{ id: "north", secret }]);
const host = "example.org";
const origins: [string, string] = ["https://app.example.org", "https://www.example.org"];
const mint = (user: string, ttl: number) =>
  mintWith({ jid: `${user}@${host}`, ttl, service: "sip" }, { keyring });

/** A telephone of a library, kept registered. */
interface Telephone {
  renew(): Promise<void>;
  /** Connects again, where the library does not do so by itself. */
  reconnect?(): Promise<void>;
  /** Renews no more, and goes on otherwise. */
  stopRenewing(): void;
  hangUp(): Promise<void>;
}

type Make = (
  url: string,
  login: SipLogin,
  onError: (error: MayflyError) => void,
) => Promise<Telephone>;

const libraries: Record<string, Make> = { JsSIP: jsSip, "SIP.js": sipJs };

async function jsSip(url: string, login: SipLogin, onError: (error: MayflyError) => void) {
  const { uri, username, password, ttl } = await login.getCredential();
  const phone = new JsSip.UA({
    sockets: [new JsSip.WebSocketInterface(url)],
    uri,
    authorization_user: username,
    password,
    register_expires: ttl,
  });
  const { renew, stop } = renewJsSip(phone, login, { onError });
  phone.start();
  return { renew, stopRenewing: stop, hangUp: async () => phone.stop() };
}

async function sipJs(url: string, login: SipLogin, onError: (error: MayflyError) => void) {
  const { uri, username, password } = await login.getCredential();
  const aor = UserAgent.makeURI(uri);
  if (!aor) throw new Error(`no URI: ${uri}`);
  const phone = new UserAgent({
    uri: aor,
    transportOptions: { server: url },
    authorizationUsername: username,
    authorizationPassword: password,
    logBuiltinEnabled: false,
  });
  const { renew, stop } = renewSipJs(phone, new Registerer(phone), login, { onError });
  await phone.start();
  return {
    renew,
    stopRenewing: stop,
    hangUp: () => phone.transport.disconnect(),
    reconnect: () => phone.reconnect(),
  };
}

describeWith(
  "kamailio",
  "kamailioTls",
  "kamailioWebSocket",
)("a telephone that is kept registered", () => {
  let server: Kamailio;
  const telephones: Telephone[] = [];

  beforeAll(async () => {
    server = await startKamailio({ secrets: [secret], domains: [host], origins });
    const ca = server.tls.ca ?? "";
    globalThis.WebSocket = class extends WebSocket {
      constructor(url: string, protocols: string | string[]) {
        super(url, protocols, { ca, origin: origins[0] });
      }
    } as unknown as typeof globalThis.WebSocket;
  });
  afterAll(async () => {
    for (const telephone of telephones.splice(0)) {
      telephone.stopRenewing();
      await telephone.hangUp();
    }
    await server?.stop();
  });

  /** How many telephones of a user's the registrar knows. */
  async function bindings(user: string): Promise<number> {
    return (await contacts(user)).length;
  }

  /** For how many seconds the registrar knows a user's telephone. */
  async function secondsLeft(user: string): Promise<number> {
    const [contact = ""] = await contacts(user);
    return Number(/expires=(\d+)/.exec(contact)?.[1] ?? 0);
  }

  async function contacts(user: string): Promise<string[]> {
    const credential = await mint(user, 60);
    const phone = await pickUp(server.udp, { aor: `${user}@${host}`, credential });
    try {
      return headersOf(await phone.ask("REGISTER"), "Contact");
    } finally {
      phone.hangUp();
    }
  }

  async function start(make: Make, source: () => Promise<MintedCredential>, url = server.url) {
    const minted: MintedCredential[] = [];
    const errors: MayflyError[] = [];
    const login = sipLogin({
      async mint() {
        const credential = await source();
        minted.push(credential);
        return credential;
      },
    });
    const telephone = await make(url, login, (error) => errors.push(error));
    telephones.push(telephone);
    return { telephone, minted, errors };
  }

  test("SIP.js may refresh by its timer while a REGISTER is under way", async ({
    expect,
    onTestFinished,
  }) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    onTestFinished(() => void process.off("unhandledRejection", note));
    const { uri, username, password } = await sipLogin({
      mint: () => mint("refresh", 60),
    }).getCredential();
    const phone = new UserAgent({
      uri: UserAgent.makeURI(uri) as URI,
      transportOptions: { server: server.url },
      authorizationUsername: username,
      authorizationPassword: password,
      logBuiltinEnabled: false,
    });
    const registerer = new Registerer(phone);
    const { stop } = renewSipJs(phone, registerer, sipLogin({ mint: () => mint("refresh", 60) }));
    await phone.start();
    onTestFinished(() => {
      stop();
      return phone.transport.disconnect();
    });
    // Kamailio has it in its list before SIP.js has the answer.
    await until(() => registerer.state === RegistererState.Registered);
    await registerer.register();
    registerer.register(); // as the timer does
    await expect(registerer.register()).rejects.toThrow("already in progress");
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
  });

  for (const [library, make] of Object.entries(libraries)) {
    const user = library.toLowerCase().replace(".", "");

    test.concurrent(`${library} stays registered beyond its credential, by a fresh username each time`, async ({
      task,
      expect,
    }) => {
      task.meta.spokeTo = `Kamailio ${server.version}`;
      const { minted, errors } = await start(make, () => mint(`${user}-long`, 14));
      const [first] = minted as [MintedCredential];
      await until(async () => (await bindings(`${user}-long`)) === 1);
      // The libraries refresh a registration by themselves, but later.
      const left = () => first.expires - Date.now() / 1000;
      await until(async () => (await secondsLeft(`${user}-long`)) > left() + 2);
      expect(left()).toBeGreaterThan(0.5);
      await until(() => left() < -1);
      expect(await bindings(`${user}-long`)).toBe(1);
      expect(new Set(minted.map(({ username }) => username)).size).toBeGreaterThan(1);
      expect(errors).toEqual([]);
    });

    test.concurrent(`${library} mints once more where the server refuses it, and registers`, async ({
      expect,
    }) => {
      let isFirst = true;
      const { minted, errors } = await start(make, async () => {
        const credential = await mint(`${user}-again`, 60);
        const password = isFirst ? flipBit(credential.password, 0) : credential.password;
        isFirst = false;
        return { ...credential, password };
      });
      await until(async () => (await bindings(`${user}-again`)) === 1);
      expect(minted).toHaveLength(2);
      expect(errors).toEqual([]);
    });

    test.concurrent(`${library} registers again once it was cut off for longer than its credential lives`, async ({
      expect,
      onTestFinished,
    }) => {
      const wire = await layWire(server.url);
      onTestFinished(() => wire.stop());
      const { telephone, minted, errors } = await start(
        make,
        () => mint(`${user}-cut`, 8),
        wire.url,
      );
      await until(async () => (await bindings(`${user}-cut`)) === 1);
      const before = minted.at(-1) as MintedCredential;
      wire.cut();
      await until(() => Date.now() / 1000 > before.expires);
      wire.mend();
      await telephone.reconnect?.();
      await until(async () => (await bindings(`${user}-cut`)) === 1);
      expect(minted.at(-1)?.expires).toBeGreaterThan(before.expires);
      expect(errors).toEqual([]);
    });

    test.concurrent(`${library} gives up when a fresh one is refused, too, until it is asked to renew`, async ({
      expect,
    }) => {
      let isGood = false;
      let later = 60;
      const { telephone, minted, errors } = await start(make, async () => {
        const credential = await mint(`${user}-never`, ++later);
        if (isGood) return credential;
        return { ...credential, password: flipBit(credential.password, 0) };
      });
      await until(() => errors.length > 0);
      expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
        "ERR_REFUSED the registration failed: 401 Unauthorized",
      ]);
      expect(minted).toHaveLength(2);
      expect(await bindings(`${user}-never`)).toBe(0);
      isGood = true;
      await telephone.renew();
      await until(async () => (await bindings(`${user}-never`)) === 1);
      expect(errors).toHaveLength(1);
    });

    test.concurrent(`${library} says when there is no credential any more`, async ({ expect }) => {
      let isSignedIn = true;
      const { errors } = await start(make, async () => {
        if (!isSignedIn) throw new Error("signed out");
        isSignedIn = false;
        return mint(`${user}-out`, 2);
      });
      await until(() => errors.length > 0);
      expect(errors[0]).toMatchObject({ code: "ERR_MINT", cause: { message: "signed out" } });
    });

    test.concurrent(`${library} spells a name that is not ASCII so that Kamailio's sample refuses it`, async ({
      expect,
    }) => {
      const { errors } = await start(make, () => mint("jürgen", 60));
      await until(() => errors.length > 0);
      expect(errors[0]?.message).toBe("the registration failed: 403 Not Your Identity");
    });
  }
});
