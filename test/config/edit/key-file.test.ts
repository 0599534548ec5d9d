import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type KeyEntry, KeyFile, loadConfig } from "../../../src/config/index.ts";
import { MayflyError } from "../../../src/error.ts";

const secret = "s3cret-that-no-error-may-show-0123456789";
const added: KeyEntry = { id: "new", secret: "file:new.key", algorithm: "sha1", state: "mint" };
const key = { name: "new.key", content: `${secret}\n` };

let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "mayfly-edit-"));
  file = join(folder, "mayfly.yml");
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** What becomes of a file. */
function edited(yaml: string, change: (keys: KeyFile) => void): string {
  fs.writeFileSync(file, yaml);
  change(new KeyFile(file));
  expect(fs.readdirSync(folder)).toEqual(["mayfly.yml"]);
  return fs.readFileSync(file, "utf8");
}

/** The error for a change, without the folder; the file is as it was, and alone. */
function complaint(yaml: string | Buffer, change: (keys: KeyFile) => void): string {
  fs.writeFileSync(file, yaml);
  let message = "";
  try {
    change(new KeyFile(file));
  } catch (error) {
    expect(error).toBeInstanceOf(MayflyError);
    ({ message } = error as Error);
  }
  expect(fs.readdirSync(folder)).toEqual(["mayfly.yml"]);
  expect(fs.readFileSync(file)).toEqual(Buffer.from(yaml));
  expect(message).not.toContain(secret);
  expect(message).not.toContain("\n");
  return message.replaceAll(`${folder}/`, "");
}

const full = `# Mayfly

keys:     # two of them

  # The one of today.
  - id:   today        # since Monday
    secret: "file:to\\u0064ay.key"
    state:   mint      # for now
    # hosts: [a.example]

  # The one of yesterday,
  # for a while.
  -   id: 'yesterday'
      secret: >-
        ${secret}
        in two lines


# Who is served.
hosts: { "*": {},   example.com: {ttl: 10m} } # all
`;

describe("a file with issuers alone", () => {
  const issuers = `# whom we trust
issuers: # one
  - { issuer: a, jwks: "https://a", algorithms: [RS256], audience: a }
`;

  test("gets its first key above them", () => {
    fs.writeFileSync(file, issuers);
    const keys = new KeyFile(file);
    expect(keys.entries).toEqual([]);
    keys.add({ ...added, secret });
    expect(fs.readFileSync(file, "utf8")).toBe(
      issuers.replace(
        "issuers:",
        `keys:\n  - id: new\n    secret: ${secret}\n    algorithm: sha1\n    state: mint\nissuers:`,
      ),
    );
    expect(loadConfig(file)).toMatchObject({ keys: [{ id: "new" }], issuers: [{ issuer: "a" }] });
  });

  test("is left alone where it is not written in lines", () => {
    const flow = `{ issuers: [{ issuer: a, jwks: "https://a", algorithms: [RS256], audience: a }] }`;
    expect(complaint(flow, (keys) => keys.add(added, [key]))).toContain("edit it by hand");
  });
});

describe("a key is added", () => {
  test("above the first and its comments, as far from it as that is from the next", () => {
    expect(edited(full, (keys) => keys.add(added))).toBe(
      full.replace(
        "  # The one of today.",
        `  - id: new
    secret: file:new.key
    algorithm: sha1
    state: mint

  # The one of today.`,
      ),
    );
  });

  test.each([
    ["keys:\n- id: a\n  secret: x\n", "keys:\n- id: new\n  SECRET\n- id: a\n  secret: x\n"],
    [
      "keys:\r\n  - id: a\r\n    secret: x",
      "keys:\r\n  - id: new\r\n    SECRET\r\n  - id: a\r\n    secret: x",
    ],
    [
      "\uFEFFkeys:\n # all\n\n - id: a\n   secret: x\n",
      "\uFEFFkeys:\n # all\n\n - id: new\n   SECRET\n - id: a\n   secret: x\n",
    ],
    ["keys: [{id: a, secret: x}]", "keys: [{ id: new, SECRET }, {id: a, secret: x}]"],
    ["{ keys: [ {id: a, secret: x} ] }", "{ keys: [ { id: new, SECRET }, {id: a, secret: x} ] }"],
    [
      "keys: [ # all\n    # a\n    {id: a, secret: x}, # its end\n  ]\n",
      "keys: [ # all\n    { id: new, SECRET },\n    # a\n    {id: a, secret: x}, # its end\n  ]\n",
    ],
    [
      '{"keys": [\n  {"id": "a", "secret": "x"}\n]}\n',
      '{"keys": [\n  { id: new, SECRET },\n  {"id": "a", "secret": "x"}\n]}\n',
    ],
  ])("to %j", (before, after) => {
    const entry = { id: "new", secret: "y" };
    const expected = after.replace("SECRET", "secret: y");
    expect(edited(before, (keys) => keys.add(entry))).toBe(expected);
  });

  test("in a spelling that reads as it was meant", () => {
    const ids = ["2026", "1e3", "true", "null", "-", "---", "0x1f", "2026-11", "_", "..."];
    const hosts = ["[::1]", "a,b", "12:30", "~", "*", 'q"\\'];
    for (const id of ids) {
      const entry = { id, secret: "x", issuer: 45, hosts };
      for (const yaml of ["keys:\n  - id: a\n    secret: x\n", "keys: [{id: a, secret: x}]"]) {
        edited(yaml, (keys) => keys.add(entry));
        expect(loadConfig(file, {}).keys[0]).toEqual(entry);
      }
    }
  });

  test("to a new file, for its owner alone", () => {
    new KeyFile(file, { create: true }).add(added, [key]);
    const text =
      "keys:\n  - id: new\n    secret: file:new.key\n    algorithm: sha1\n    state: mint\n";
    expect(fs.readFileSync(file, "utf8")).toBe(text);
    expect(fs.readdirSync(folder).map(modeOf)).toEqual(["mayfly.yml 600", "new.key 600"]);
  });
});

function modeOf(name: string): string {
  return `${name} ${(fs.statSync(join(folder, name)).mode & 0o7777).toString(8)}`;
}

describe("a state is set", () => {
  test("where it stands, or else behind the secret or the algorithm", () => {
    const today = edited(full, (keys) => keys.setState("today", "verify"));
    expect(today).toBe(full.replace("state:   mint ", "state:   verify "));
    const yesterday = edited(full, (keys) => keys.setState("yesterday", "verify"));
    expect(yesterday).toBe(full.replace("two lines\n", "two lines\n      state: verify\n"));
  });

  test.each([
    ["keys:\n- id: a\n  secret: x", "keys:\n- id: a\n  secret: x\n  state: verify\n"],
    [
      "keys:\r\n- secret: x\r\n  algorithm: sha256 # b\r\n  id: a\r\n",
      "keys:\r\n- secret: x\r\n  algorithm: sha256 # b\r\n  state: verify\r\n  id: a\r\n",
    ],
    [
      "keys:\n- id: a\n  secret: |+\n    x\n\n  hosts: [b]\n",
      "keys:\n- id: a\n  secret: |+\n    x\n\n  state: verify\n  hosts: [b]\n",
    ],
    [
      "keys:\n- id: a\n  state: 'mint'\n  secret: x\n",
      "keys:\n- id: a\n  state: verify\n  secret: x\n",
    ],
    ["keys:\n- {id: a, secret: x} # y\n", "keys:\n- {id: a, secret: x, state: verify} # y\n"],
    [
      'keys: [{"secret":"x", "id":"a"},{id: b, secret: y}]',
      'keys: [{"secret":"x", state: verify, "id":"a"},{id: b, secret: y}]',
    ],
    ["keys: [{state: mint, secret: x, id: a}]", "keys: [{state: verify, secret: x, id: a}]"],
  ])("in %j", (before, after) => {
    expect(edited(before, (keys) => keys.setState("a", "verify"))).toBe(after);
  });
});

describe("a key is removed", () => {
  test("with its own comments, and not its neighbours'", () => {
    const today = edited(full, (keys) => keys.remove("today"));
    expect(today).toBe(
      full.replace(/ {2}# The one of today[\s\S]+(?= {2}# The one of yesterday)/, ""),
    );
    const yesterday = edited(full, (keys) => keys.remove("yesterday"));
    expect(yesterday).toBe(
      full.replace(/ {2}# The one of yesterday[\s\S]+(?=# Who is served)/, ""),
    );
  });

  const three =
    "keys:\n# A\n- id: a\n  secret: x # x\n  # a\n# B\n- id: b\n  secret: y\n  # b\n# C\n- id: c\n  secret: z\n  # c\n# end\n";
  test.each([
    ["a", three, three.replace(/# A[\s\S]+(?=# B)/, "")],
    ["b", three, three.replace(/# B[\s\S]+(?=# C)/, "")],
    ["c", three, three.replace(/# C[\s\S]+(?=# end)/, "")],
    [
      "b",
      three.replaceAll("\n", "\r\n"),
      three.replace(/# B[\s\S]+(?=# C)/, "").replaceAll("\n", "\r\n"),
    ],
    ["b", "keys:\n- id: a\n  secret: x\n\n- id: b\n  secret: y", "keys:\n- id: a\n  secret: x\n"],
    [
      "b",
      "keys:\n  # All.\n\n  - id: b\n    secret: y\n\n  - id: a\n    secret: x\n",
      "keys:\n  # All.\n\n  - id: a\n    secret: x\n",
    ],
    ["a", "keys: [{id: a, secret: x}, {id: b, secret: y}]", "keys: [{id: b, secret: y}]"],
    ["b", "keys: [{id: a, secret: x}, {id: b, secret: y}]", "keys: [{id: a, secret: x}]"],
    ["b", "keys: [{id: a, secret: x},{id: b, secret: y} , ]", "keys: [{id: a, secret: x} , ]"],
    [
      "b",
      "keys: [\n  {id: a, secret: x}, # a\n  # b\n  {id: b, secret: y} # b\n]",
      "keys: [\n  {id: a, secret: x}, # a\n]",
    ],
    [
      "a",
      "keys: [\n  {id: a, secret: x}, # a\n  # b\n  {id: b, secret: y} # b\n]",
      "keys: [\n  # b\n  {id: b, secret: y} # b\n]",
    ],
    [
      "b",
      "keys: [{id: a, secret: x}, # a\n  {id: b, secret: y}]",
      "keys: [{id: a, secret: x}, # a\n  ]",
    ],
    [
      "a",
      "keys: [{id: a, secret: x},\n  # b\n  {id: b, secret: y}]",
      "keys: [\n  # b\n  {id: b, secret: y}]",
    ],
  ])("%s of %j", (id, before, after) => {
    expect(edited(before, (keys) => keys.remove(id))).toBe(after);
  });

  test("and the file is what it was before it was added", () => {
    const files = [
      full,
      three,
      three.replaceAll("\n", "\n\n"),
      "keys: [\n  {id: a, secret: x}\n]\n",
    ];
    for (const yaml of files) {
      expect(edited(yaml, (keys) => keys.add(added))).not.toBe(yaml);
      new KeyFile(file).remove("new");
      expect(fs.readFileSync(file, "utf8")).toBe(yaml);
    }
  });

  test("unless it is the only one, or not there", () => {
    const one = "keys: [{id: a, secret: x}]";
    expect(complaint(one, (keys) => keys.remove("a"))).toBe(
      "mayfly.yml: a is the only key: add another first",
    );
    expect(complaint(one, (keys) => keys.remove("b"))).toBe('mayfly.yml: no key has the id "b"');
  });
});

describe("the file", () => {
  test("keeps its mode, its owner and the link to it", () => {
    const isRoot = process.getuid?.() === 0;
    const real = join(folder, "real");
    const target = join(real, "target.yml");
    fs.mkdirSync(real);
    fs.writeFileSync(target, "keys: [{id: a, secret: x}]");
    fs.chmodSync(target, 0o640);
    if (isRoot) fs.chownSync(target, 12_345, 23_456);
    const { uid, gid, ino } = fs.statSync(target);
    fs.symlinkSync("real/target.yml", file);

    new KeyFile(file).add(added, [key]);
    expect(fs.readlinkSync(file)).toBe("real/target.yml");
    expect(fs.readdirSync(real)).toEqual(["target.yml"]);
    expect(fs.statSync(target)).toMatchObject({ mode: 0o100_640, uid, gid });
    expect(fs.statSync(target).ino).not.toBe(ino);
    // What a file names is found beside the link, where it is read from.
    expect(loadConfig(file, {}).keys[0]?.secret).toEqual(Buffer.from(secret));
    // What root writes is for whom the file is.
    expect(fs.statSync(join(folder, "new.key"))).toMatchObject({ mode: 0o100_600, uid, gid });
  });

  test("hands a new secret to those who have the others, but never to everybody", () => {
    const isRoot = process.getuid?.() === 0;
    const names = ["open.key", "kept.key"];
    const yaml = `keys: [${names.map((name) => `{id: ${name}, secret: "file:${name}"}`)}]`;
    fs.writeFileSync(file, yaml);
    for (const [index, name] of names.entries()) {
      fs.writeFileSync(join(folder, name), secret);
      fs.chmodSync(join(folder, name), index === 0 ? 0o644 : 0o440);
      if (isRoot) fs.chownSync(join(folder, name), 12_345 + index, 23_456 + index);
    }
    new KeyFile(file).add(added, [key, { ...key, name: "new.pub.pem", mode: 0o644 }]);
    const { uid, gid } = fs.statSync(join(folder, "kept.key"));
    const mode = isRoot ? 0o100_640 : 0o100_600;
    expect(fs.statSync(join(folder, "new.key"))).toMatchObject({ mode, uid, gid });
    expect(modeOf("new.pub.pem")).toBe("new.pub.pem 644");
  });

  test("is not written over a change that somebody else has made meanwhile", () => {
    fs.writeFileSync(file, "keys: [{id: a, secret: x}]");
    const keys = new KeyFile(file);
    fs.appendFileSync(file, " # mine");
    expect(() => keys.add(added, [key])).toThrow(
      `${file}: was changed by another program: try again`,
    );
    expect(fs.readFileSync(file, "utf8")).toBe("keys: [{id: a, secret: x}] # mine");
    expect(fs.readdirSync(folder)).toEqual(["mayfly.yml"]);
  });

  test("is not written over one that is there by now", () => {
    const keys = new KeyFile(file, { create: true });
    fs.writeFileSync(file, "mine");
    expect(() => keys.add(added, [key])).toThrow(`${file}: already exists`);
    expect(fs.readFileSync(file, "utf8")).toBe("mine");
    expect(fs.readdirSync(folder)).toEqual(["mayfly.yml"]);
  });

  test.each(["new.key", "new.pub.pem"])("is not written where there is a %s", (name) => {
    const yaml = "keys: [{id: a, secret: x}]";
    fs.writeFileSync(file, yaml);
    fs.writeFileSync(join(folder, name), "mine");
    const companions = [key, { name: "new.pub.pem", content: "public", mode: 0o644 }];
    expect(() => new KeyFile(file).add(added, companions)).toThrow(`${name}: already exists`);
    expect(fs.readFileSync(file, "utf8")).toBe(yaml);
    expect(fs.readFileSync(join(folder, name), "utf8")).toBe("mine");
    expect(fs.readdirSync(folder)).toEqual(["mayfly.yml", name]);
  });

  test("is not written through a link where a secret should go", () => {
    fs.writeFileSync(file, "keys: [{id: a, secret: x}]");
    fs.symlinkSync("elsewhere", join(folder, "new.key"));
    expect(() => new KeyFile(file).add(added, [key])).toThrow("new.key: already exists");
    expect(fs.readdirSync(folder)).toEqual(["mayfly.yml", "new.key"]);
  });

  test("leaves no secret behind where it cannot be written", () => {
    // Too long a name for the temporary file beside it.
    const long = join(folder, `${"m".repeat(245)}.yml`);
    fs.writeFileSync(long, "keys: [{id: a, secret: x}]");
    expect(() => new KeyFile(long).add(added, [key])).toThrow("cannot be written (ENAMETOOLONG)");
    expect(fs.readFileSync(long, "utf8")).toBe("keys: [{id: a, secret: x}]");
    expect(fs.readdirSync(folder)).toEqual([`${"m".repeat(245)}.yml`]);
  });
});

describe("a file that cannot be changed is named, and stays as it was", () => {
  const byHand =
    "mayfly.yml: cannot be changed without touching more than that key: edit it by hand";
  const add = (keys: KeyFile) => keys.add(added, [key]);
  const retire = (keys: KeyFile) => keys.setState("a", "verify");
  const remove = (keys: KeyFile) => keys.remove("a");

  test.each([
    ["", "mayfly.yml:1: keys is missing"],
    ["- a", "mayfly.yml:1: keys is missing"],
    [`hosts: { ${secret}: {} }`, "mayfly.yml:1: keys is missing"],
    ["keys: []", "mayfly.yml:1: keys must hold at least one key"],
    ["\nkeys: { id: a }", "mayfly.yml:2: keys must be a list"],
    [`keys: ${secret}`, "mayfly.yml:1: keys must be a list"],
    [`keys:\n  - id: a\n    secret: ${secret}\n  - id: 5`, "mayfly.yml:4: keys[1].id must be text"],
    [`keys: [${secret}]`, "mayfly.yml:1: keys[0] must be a key with an id and a secret"],
    [`keys: [{id: a, secret: x, state: ${secret}}]`, "mayfly.yml:1: keys[0].state must be one of"],
    ["keys: [{id: a, secret: x},\n {id: a, secret: y}]", "mayfly.yml:2: keys[1].id is used twice"],
    [`keys: [{id: a, secret: "${secret}]`, "mayfly.yml:1:66: is not valid YAML (MISSING_CHAR)"],
    [
      `keys: [{id: a, secret: *${secret}}]`,
      "mayfly.yml: has an alias (*name) without an anchor (&name)",
    ],
    ["k: &k [{id: a, secret: x}]\nkeys: *k", "keys must be written out, without an *alias"],
    ["k: &k {id: a, secret: x}\nkeys: [*k]", "keys must be written out, without an *alias"],
    ["keys: [{id: a, secret: x}]\n---\nkeys: []", "is not valid YAML (MULTIPLE_DOCS)"],
  ])("%j", (yaml, line) => {
    expect(complaint(yaml, add)).toContain(line);
  });

  test("where it is not UTF-8", () => {
    const yaml = Buffer.from("keys: [{id: a, secret: x}] # \xe9", "latin1");
    expect(complaint(yaml, add)).toBe("mayfly.yml: is not UTF-8");
  });

  test("where others would change with it", () => {
    const shared = "keys: [&a {id: a, secret: x}, {id: b, secret: y}]\nmore: *a";
    expect(complaint(shared, retire)).toBe(byHand);
    expect(complaint(shared, remove)).toBe(byHand);
    expect(complaint("? keys\n: - id: a\n    secret: x\n", add)).toBe(byHand);
  });

  test("where it cannot be read", () => {
    const missing = join(folder, "none.yml");
    expect(() => new KeyFile(missing)).toThrow(`${missing}: cannot be read (ENOENT)`);
    expect(() => new KeyFile(folder)).toThrow(`${folder}: cannot be read (EISDIR)`);
  });
});
