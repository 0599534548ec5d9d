import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TokenSource } from "../../src/client/index.ts";
import { startExtauth } from "../support/cli/run-cli.ts";
import { openPage } from "../support/docs/markdown.ts";
import { runSnippet } from "../support/docs/snippet.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/http/oidc-provider.ts";

const page = openPage("docs/identity-provider.md");
const discovered = page.take("discovered");
const keycloak = page.take("keycloak");
const opaque = page.take("opaque");
const quoted = [...page.takeAll("quoted-js"), ...page.takeAll("quoted-html")];
const issuerOption = page.take("issuer");
const discovery = page.take("discovery");
const examples = new URL("../../examples/identity-provider/", import.meta.url);

const host = "example.com";
const clientSecret = "a secret of the client, 32 bytes";
let idp: OidcProvider;
let folder: string;

beforeAll(async () => {
  idp = await startOidcProvider({
    users: {
      alice: {
        preferred_username: "alice",
        email_verified: true,
        azp: "page",
        groups: ["chat"],
        realm_access: { roles: ["chat"] },
      },
      mallory: { preferred_username: "mallory", azp: "page" },
    },
    clients: [
      {
        client_id: "xmpp",
        client_secret: clientSecret,
        redirect_uris: [],
        grant_types: [],
        response_types: [],
      },
    ],
  });
  folder = mkdtempSync(join(tmpdir(), "mayfly-provider-"));
  writeFileSync(join(folder, "client.key"), `${clientSecret}\n`);
});
afterAll(async () => {
  await idp.stop();
  rmSync(folder, { recursive: true });
});

/** What `mayfly extauth` answers to the tokens of users, with the settings of the page at this provider. */
async function decisions(settings: string, format: "jwt" | "opaque", users: readonly string[]) {
  const file = join(folder, "mayfly.yml");
  writeFileSync(file, settings.replace(/issuer: \S+/, `issuer: ${idp.issuer}`));
  const program = startExtauth(["--config", file]);
  const replies: Record<string, string> = {};
  for (const user of users) {
    const token = await idp.accessToken({ user, format });
    replies[user] = await program.ask(`auth:${user}:${host}:${token}`);
  }
  const { stderr } = await program.end();
  return { replies, reasons: [...stderr.matchAll(/"reason":"([^"]+)"/g)].map(([, it]) => it) };
}

describe("the settings of the page", () => {
  test.each([
    ["of an issuer that is discovered", discovered, "jwt"],
    ["of Keycloak", keycloak, "jwt"],
    ["of opaque tokens", opaque, "opaque"],
  ] as const)("%s log in whom they should", async (_, settings, format) => {
    const isOpen = settings === discovered;
    const { replies, reasons } = await decisions(settings, format, ["alice", "mallory"]);
    expect(replies).toEqual({ alice: "00020001", mallory: isOpen ? "00020001" : "00020000" });
    expect(reasons).toEqual(isOpen ? [] : ["missing-claim"]);
  });
});

describe("the page", () => {
  const files = readdirSync(examples);

  test.each(files)("quotes %s as it is run, in test/browser", (name) => {
    expect(quoted).toContain(readFileSync(new URL(name, examples), "utf8"));
  });

  test("quotes nothing else", () => {
    expect(quoted).toHaveLength(files.length);
  });

  test("has a client that starts from what the server says", async () => {
    const seen: unknown[] = [];
    const savedToken = () => undefined;
    const signInAt = (url: string) => seen.push(url) && "token";
    const given = {
      mayfly: 'typeof import("mayfly/client").mayfly',
      savedToken: "() => string | undefined",
      signInAt: "(url: string, options: { signal: AbortSignal }) => Promise<string>",
    };
    const { login } = (await runSnippet(discovery, {
      given,
      values: { savedToken, signInAt, mayfly: (options: TokenSource) => options },
      wanted: ["login"],
    })) as { login: TokenSource };
    const { signal } = new AbortController();
    expect(await login.token(signal)).toBeUndefined();
    expect(await login.token(signal, "https://a")).toBe("token");
    expect(seen).toEqual(["https://a"]);
  });

  test("has the option of Prosody's module", () => {
    const readme = readFileSync(new URL("../../prosody/README.md", import.meta.url), "utf8");
    const [name = ""] = issuerOption.split(" ");
    expect(readme).toContain(`| \`${name}\` |`);
  });
});
