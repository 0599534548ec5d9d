import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../src/config/index.ts";
import { schema } from "../../src/config/schema/index.ts";
import { jitsi } from "../../src/http/index.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { defaultPolicy } from "../../src/policy.ts";
import { createLog } from "../../src/runtime/logger.ts";
import { verify } from "../../src/verify/index.ts";
import { issued, issuer, keyring, keys } from "../http/fixtures.ts";
import { mayfly, startExtauth } from "../support/cli/run-cli.ts";
import { openPage } from "../support/docs/markdown.ts";
import { rowsOf } from "../support/docs/table.ts";

const path = "docs/configuration.md";
const page = openPage(path);
const sample = page.take("sample");
const rows = rowsOf(path);

/** What the page says of each option: `hosts.ttl`. */
const options = new Map(
  rows
    .filter(({ heading }) => heading.startsWith("`"))
    .map(({ heading, cells: [name = "", defaults = ""] }) => {
      const section = heading.replaceAll(/[`:]/g, "");
      const option = name.replaceAll("`", "");
      return [section === option ? option : `${section}.${option}`, defaults.replaceAll("`", "")];
    }),
);

/** A part of the schema, as far as it is looked at. */
interface Part {
  type: string;
  entries?: Record<string, Part>;
  wrapped?: Part;
  item?: Part;
  value?: Part;
  pipe?: Part[];
}

/** Each option of the schema, with whether it must be there. */
function walk(part: Part, name = ""): [name: string, isRequired: boolean][] {
  const { wrapped, item, value, pipe, entries = {} } = part;
  const inner = pipe?.[0] ?? wrapped ?? item ?? (part.type === "record" ? value : undefined);
  if (inner) return walk(inner, name);
  return Object.entries(entries).flatMap(([key, it]) => {
    const own = name === "" ? key : `${name}.${key}`;
    return [[own, it.type !== "exact_optional"] as [string, boolean], ...walk(it, own)];
  });
}

describe("the options", () => {
  const known = walk(schema as unknown as Part);
  // These have a section of their own, in place of a row.
  const sections = ["keys", "issuers", "hosts", "log", "http", "feed"];

  test("are those of the program, each once", () => {
    expect(known.length).toBeGreaterThan(30);
    const expected = known.map(([name]) => name).filter((name) => !sections.includes(name));
    expect([...options.keys()].sort()).toEqual(expected.sort());
    expect(rows.filter(({ heading }) => heading.startsWith("`"))).toHaveLength(options.size);
    const headings = rows.map(({ heading }) => heading);
    expect(headings).toEqual(expect.arrayContaining(sections.map((name) => `\`${name}:\``)));
  });

  test("are said to be required where they are", () => {
    const required = known.filter(([name, must]) => must && name !== "keys").map(([name]) => name);
    const said = [...options].filter(([, it]) => it === "required").map(([name]) => name);
    expect(said.sort()).toEqual(required.sort());
  });

  test("are all in the sample", () => {
    const names = (value: unknown, prefix = ""): string[] =>
      Array.isArray(value)
        ? value.flatMap((it) => names(it, prefix))
        : value !== null && typeof value === "object"
          ? Object.entries(value).flatMap(([key, it]) => [
              `${prefix}${key}`,
              ...names(it, `${prefix}${key}.`),
            ])
          : [];
    const settings = parse(sample);
    settings.hosts = settings.hosts["example.com"];
    const { claims } = settings.http.jitsi;
    claims.features = claims.features.recording;
    const given = new Set(names(settings));
    expect(known.map(([name]) => name).filter((name) => !given.has(name))).toEqual([]);
  });
});

describe("a default", () => {
  const said = (name: string) => parse(options.get(name) ?? "");

  test("of a host is that in force", () => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-defaults-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "mayfly.yml");
    const policy = Object.fromEntries(
      [...options]
        .filter(([name]) => name.startsWith("hosts."))
        .map(([name]) => [name.slice("hosts.".length), said(name)]),
    );
    const config = {
      keys: [{ id: "a", secret: "a secret of thirty-two bytes at least" }],
      hosts: { "example.com": policy },
    };
    writeFileSync(file, JSON.stringify(config));
    expect(loadConfig(file, {}).hosts).toEqual({ "example.com": { ...defaultPolicy } });
  });

  test("of a key is that in force", () => {
    const [key] = new Keyring([{ id: "a", secret: "a secret of thirty-two bytes at least" }]).keys;
    expect(key?.algorithm).toBe(said("keys.algorithm"));
    expect(key?.state).toBe(said("keys.state"));
  });

  test("of an issuer is that in force: the claim, and the host of the audience", async () => {
    expect([said("issuers.user"), said("issuers.hosts")]).toEqual(["sub", "the audience"]);
    const login = { user: "alice", password: await issued({ sub: "alice" }) };
    const trust = { keyring: new Keyring(keys, [issuer]) };
    expect(await verify({ ...login, host: issuer.audience as string }, trust)).toMatchObject({
      ok: true,
    });
    const elsewhere = await verify({ ...login, host: "example.org" }, trust);
    expect(elsewhere).toMatchObject({ ok: false });
  });

  test("of the log is that in force", () => {
    expect(said("log.level")).toBe("info");
    const folder = mkdtempSync(join(tmpdir(), "mayfly-level-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const log = join(folder, "a.log");
    const { debug, info } = createLog({ file: log });
    debug("not this");
    info("this");
    expect(readFileSync(log, "utf8")).toMatch(/^.*"msg":"this"\}\n$/);
  });

  test("of HTTP is that in force", async () => {
    expect(mayfly(["serve", "--help"]).stdout.replaceAll(/\s+/g, " ")).toContain(
      `(default: http.listen, or ${said("http.listen")})`,
    );
    const origin = "https://meet.example.com";
    const user = () => "alice@example.com";
    const app = jitsi({ keyring, user, jitsi: { origins: [origin], key: "meet" } });
    const answer = await app.request("/token?room=a");
    const location = new URL(answer.headers.get("location") ?? "");
    expect(location.origin).toBe(origin);
    expect(said("http.jitsi.token")).toBe("query");
    const token = location.searchParams.get("jwt") ?? "";
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims.aud).toBe(said("http.jitsi.audience"));
    expect(claims.sub).toBe("example.com");
  });
});

describe("the sample", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mayfly-sample-"));
    mkdirSync(join(folder, "log"));
    for (const name of ["2026-11", "app", "admin", "backend"]) {
      writeFileSync(join(folder, `${name}.key`), `the secret in ${name}.key\n`);
    }
    writeFileSync(join(folder, "mayfly.yml"), sample.replace("/var/log/mayfly", "log"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("is what the program takes", async () => {
    const env = {
      JITSI_SECRET: "the secret of Jitsi's Prosody",
      IDP_SECRET: "of the client",
      MAYFLY_CLIENT_SECRET: "the secret of a client",
    };
    const { stdout } = mayfly(["mint", "alice@example.com"], { cwd: folder, env });
    const password = /^password +(\S+)$/m.exec(stdout)?.[1] ?? "";
    const running = startExtauth([], { cwd: folder, env });
    onTestFinished(() => running.kill("SIGKILL"));
    expect(await running.ask(`auth:alice:example.com:${password}`)).toBe("00020001");
    expect(await running.end()).toMatchObject({ code: 0, stderr: "" });
    const log = readFileSync(join(folder, "log/extauth.log"), "utf8");
    expect(log).toContain('"ok":true');
  });
});

test("the environment variables are those of the program", () => {
  const source = new URL("../../src/", import.meta.url);
  const read = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const code = readFileSync(new URL(name, source), "utf8").replaceAll(/^\s*(\*|\/\/).*$/gm, "");
      return [...code.matchAll(/env\.(MAYFLY_\w+)/g)].map(([, it]) => it);
    });
  const said = rows
    .filter(({ heading }) => heading === "Where it is")
    .map(({ cells: [name = ""] }) => name.replaceAll("`", ""));
  expect(said.sort()).toEqual([...new Set(read)].sort());
});
