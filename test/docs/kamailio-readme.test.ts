import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mayfly } from "../support/command.ts";
import { type Kamailio, startKamailio } from "../support/kamailio.ts";
import { openPage } from "../support/markdown.ts";
import { mintedBy } from "../support/minted.ts";
import { describeWith } from "../support/needs.ts";
import { pickUp } from "../support/phone.ts";
import { statusOf } from "../support/sip.ts";

const page = openPage("kamailio/README.md");
const telephone = page.take("js", "new JsSIP.UA");
const lastLine = page.take("conf", "include_file");
const secret = "the secret of SIP in the documentation";

interface UserAgent {
  uri: string;
  authorization_user: string;
  password: string;
}

describeWith("kamailio", "kamailioTls")("Kamailio's page", () => {
  let server: Kamailio;

  beforeAll(async () => {
    server = await startKamailio({ secrets: [secret] });
  });
  afterAll(() => server?.stop());

  test("gives JsSIP what registers", async () => {
    const env = { MAYFLY_SECRET: secret };
    const { stdout } = mayfly(["mint", "alice@example.org", "--service", "sip"], { env });
    const given: UserAgent[] = [];
    const UA = function takeIt(options: UserAgent) {
      given.push(options);
    };
    runInNewContext(telephone, { JsSIP: { UA }, ...mintedBy(stdout), sockets: [] });
    const [{ uri, authorization_user: username, password }] = given as [UserAgent];
    const credential = { username, password };
    const phone = await pickUp(server.udp, { aor: uri.replace("sip:", ""), credential });
    const answer = await phone.ask("REGISTER", { headers: [["Contact", `<${phone.contact}>`]] });
    phone.hangUp();
    expect(statusOf(answer)).toBe("200 OK");
  });

  test("has the line that test/e2e/sip-websocket has in its file", () => {
    const harness = readFileSync(new URL("../support/kamailio.ts", import.meta.url), "utf8");
    expect(harness).toContain(`appendFileSync(config, '${lastLine.trim()}\\n')`);
  });

  test("has nothing else", () => {
    expect(page.left()).toEqual([]);
  });
});
