import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { Keyring, mint } from "../../src/index.ts";
import { openPage } from "../support/docs/markdown.ts";
import { runSnippet } from "../support/docs/snippet.ts";
import { type Kamailio, startKamailio } from "../support/servers/kamailio.ts";
import { headersOf } from "../support/sip/messages.ts";
import { pickUp } from "../support/sip/phone.ts";
import { until } from "../support/until.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("docs/sip.md");
const snippets = { jssip: page.take("jssip"), sipjs: page.take("sipjs") };
const signOut = page.take("sign-out");
const secret = "the secret of the page on telephones";
const keyring = new Keyring([{ id: "a", secret }]);
const host = "example.com";
const origin = "https://app.example.com";

describeWith(
  "kamailio",
  "kamailioTls",
  "kamailioWebSocket",
)("the page on telephones", () => {
  let server: Kamailio;
  beforeAll(async () => {
    server = await startKamailio({
      secrets: [secret],
      domains: [host],
      origins: [origin, "https://www.example.com"],
    });
  });
  afterAll(() => server?.stop());

  async function bindings(user: string): Promise<number> {
    const jid = `${user}@${host}`;
    const credential = await mint({ jid, service: "sip" }, { keyring });
    const phone = await pickUp(server.udp, { aor: jid, credential });
    const answer = await phone.ask("REGISTER");
    phone.hangUp();
    return headersOf(answer, "Contact").length;
  }

  test.each(Object.entries(snippets))("%s registers, and signs out", async (user, code) => {
    const asked: string[] = [];
    const errors = vi.spyOn(console, "error").mockImplementation(() => {});
    const log = vi.spyOn(console, "log").mockImplementation(() => {}); // SIP.js says much
    const ca = server.tls.ca ?? "";
    const values = {
      WebSocket: class extends WebSocket {
        constructor(url: string, protocols: string) {
          super(url, protocols, { ca, origin });
        }
      },
      async fetch(url: string) {
        asked.push(url);
        return Response.json(
          await mint({ jid: `${user}@${host}`, service: "sip", ttl: 60 }, { keyring }),
        );
      },
    };
    const there = code.replace("wss://sip.example.com", server.url);
    const wanted = ["phone", "renewal", "login"];
    const made = await runSnippet(there, { values, wanted });
    await until(async () => (await bindings(user)) === 1);
    expect(asked).toEqual(["/credentials?service=sip"]);
    for (const [name, value] of Object.entries(made)) vi.stubGlobal(name, value);
    new Function(signOut)();
    await until(async () => (await bindings(user)) === 0);
    expect(errors.mock.calls).toEqual([]);
    log.mockRestore();
    errors.mockRestore();
  });
});
