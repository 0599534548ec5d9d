import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mintedBy } from "../support/cli/parse-mint-output.ts";
import { mayfly } from "../support/cli/run-cli.ts";
import { openPage } from "../support/docs/markdown.ts";
import { type Kamailio, startKamailio } from "../support/servers/kamailio.ts";
import { statusOf } from "../support/sip/messages.ts";
import { pickUp } from "../support/sip/phone.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const page = openPage("kamailio/README.md");
const telephone = page.take("telephone");
const lastLine = page.take("last-line");
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
    const harness = readFileSync(
      new URL("../support/servers/kamailio.ts", import.meta.url),
      "utf8",
    );
    expect(harness).toContain(`appendFileSync(config, '${lastLine.trim()}\\n')`);
  });
});
