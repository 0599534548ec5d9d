import { PassThrough, Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  createHandler,
  protocols,
  ptyLines,
  type RequestHandler,
  RequestStream,
} from "../../src/extauth/index.ts";
import { no, type Reply, yes } from "../../src/extauth/reply.ts";
import { Keyring } from "../../src/keyring/index.ts";
import { mint } from "../../src/mint/index.ts";
import { Policies } from "../../src/policy.ts";
import type { Store } from "../../src/store/index.ts";
import {
  listMacs,
  type MacRequest,
  revokeUser,
  userExists,
  type VerifyRequest,
  verify,
} from "../../src/verify/index.ts";
import { frame } from "../support/data/frames.ts";

const keyring = new Keyring([
  { id: "north", secret: "the-secret-of-the-north-32-bytes" },
  { id: "hs", secret: "the-secret-of-the-north-32-bytes", algorithm: "HS256" },
]);
const inline = await mint({ jid: "alice@example.org" }, { keyring });
const { password } = inline;
const jwt = await mint({ jid: "alice@example.org", key: "hs" }, { keyring });
const token = await mint({ jid: "alice@example.org", present: "token" }, { keyring });
const good = `auth:alice:example.org:${password}`;
const { ejabberd, prosody } = protocols;
const withScram = new Policies({ "example.org": { scram: true }, "*": {} });

const write = vi.fn();
const log = { answered: write, info: write, warn: write, error: write };

/** Decides without any state, but for what `known` says of it. */
function verifier(known: Partial<Store> = {}) {
  const nothing = { getStatus: async () => ({ revoked: false }), ...known } as Store;
  const trust = { keyring, policies: new Policies(), store: nothing };
  return {
    verify: (login: VerifyRequest) => verify(login, known.getStatus ? trust : { keyring }),
    listMacs: (request: MacRequest) => listMacs(request, { keyring, policies: withScram }),
    userExists: (user: string, host: string) => userExists(user, host, { keyring }),
    revokeUser: (user: string, host: string) => revokeUser(user, host, trust),
  };
}

beforeEach(() => void write.mockClear());
afterEach(() => {
  vi.useRealTimers();
});

/** Runs a stream over bytes: those of its replies, in hex. */
async function run(
  input: Buffer[],
  { answer = createHandler(verifier(), log), protocol = ejabberd } = {},
): Promise<string> {
  const output = new PassThrough();
  await new RequestStream({ input: Readable.from(input), output, protocol, answer, log }).finished;
  output.end();
  return (await buffer(output)).toString(protocol === ejabberd ? "hex" : "utf8");
}

describe("frames", () => {
  test("are answered once each, in order", async () => {
    const requests = [good, `auth:bob:example.org:${password}`, good, "isuser:zoe:example.org"];
    expect(await run(requests.map(frame))).toBe("00020001" + "00020000" + "00020001" + "00020001");
    expect(await run([Buffer.concat(requests.map(frame))])).toBe(
      "00020001" + "00020000" + "00020001" + "00020001",
    );
  });

  test.each([
    ["garbage", "\x00\x01garbage"],
    ["nothing", ""],
    ["a request without a password", "auth:alice:example.org"],
    ["an empty user", `auth::example.org:${password}`],
    ["65535 bytes", good + "A".repeat(65_535 - good.length)],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x3a, 0x3a, 0x3a])],
    ["setpass", "setpass:alice:example.org:secret"],
    ["tryregister", "tryregister:alice:example.org:secret"],
    ["removeuser3 with a bad password", "removeuser3:alice:example.org:secret"],
    ["certauth", "certauth:alice:example.org:secret"],
    ["an unknown operation", `login:alice:example.org:${password}`],
  ])("with %s get 0, and the good one behind it 1", async (_, request) => {
    expect(await run([request, good].map(frame))).toBe("00020000" + "00020001");
  });

  test("get 0 where deciding fails or is refused, and those behind go on", async () => {
    for (const fails of [
      () => Promise.reject(new Error("broken")),
      () => {
        throw new Error("broken");
      },
    ]) {
      let calls = 0;
      const answer: RequestHandler = () => (calls++ === 0 ? fails() : yes);
      expect(await run([good, good].map(frame), { answer })).toBe("00020000" + "00020001");
      expect(JSON.stringify(write.mock.calls)).toContain("could not be decided");
    }
  });

  test("that end early are logged", async () => {
    expect(await run([frame(good), frame(good).subarray(0, 9)])).toBe("00020001");
    expect(write).toHaveBeenCalledWith({ bytes: 9 }, "the input ended inside a request");
  });
});

describe("order and time", () => {
  /** A stream whose answers are given by hand. */
  function byHand(protocol = ejabberd) {
    const answers: ((reply: Reply) => void)[] = [];
    const input = new PassThrough();
    const output = new PassThrough();
    const answer = () => new Promise<Reply>((resolve) => answers.push(resolve));
    const serving = new RequestStream({ input, output, protocol, answer, log });
    const read = () => (output.read() as Buffer | null)?.toString("hex") ?? "";
    return { answers, input, output, serving, read };
  }

  /** Lets what is due happen. */
  const settle = () => vi.advanceTimersByTimeAsync(0);

  test("a quick answer waits for the slow one before it", async () => {
    vi.useFakeTimers();
    const { answers, input, read } = byHand();
    input.write(Buffer.concat([frame("1"), frame("2"), frame("3")]));
    await settle();
    answers[2]?.(yes);
    answers[1]?.(no);
    await settle();
    expect(read()).toBe("");
    answers[0]?.(yes);
    await settle();
    expect(read()).toBe("00020001" + "00020000" + "00020001");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(write).not.toHaveBeenCalled();
  });

  test("what takes too long is refused at the deadline, and its late answer dropped", async () => {
    vi.useFakeTimers();
    const { answers, input, read } = byHand();
    input.write(frame("1"));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(read()).toBe("");
    await vi.advanceTimersByTimeAsync(1);
    expect(read()).toBe("00020000");
    input.write(frame("2"));
    await settle();
    answers[0]?.(yes);
    await settle();
    expect(read()).toBe("");
    answers[1]?.(no);
    await settle();
    expect(read()).toBe("00020000");
  });

  test("nobody can tell, says check where no answer was to be had", async () => {
    vi.useFakeTimers();
    const { input, read } = byHand();
    input.write(frame("check:alice:example.org:x"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(read()).toBe("00020004");
    vi.useRealTimers();
    const answer = () => Promise.reject(new Error("a defect"));
    expect(await run([frame("check:alice:example.org:x"), frame("x")], { answer })).toBe(
      "00020004" + "00020000",
    );
  });

  test("is what check is told though others were asked in the same bytes meanwhile", async () => {
    vi.useFakeTimers();
    const { input, read } = byHand();
    const bytes = frame("check:alice:example.org:x");
    input.write(bytes);
    await settle();
    bytes.fill(0);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(read()).toBe("00020004");
  });

  test("a line is answered in half the five seconds that mod_auth_external waits", async () => {
    vi.useFakeTimers();
    const { input, read } = byHand(prosody);
    input.write("1\n");
    await vi.advanceTimersByTimeAsync(2_499);
    expect(read()).toBe("");
    await vi.advanceTimersByTimeAsync(1);
    expect(read()).toBe(Buffer.from("0\n").toString("hex"));
  });

  test("it reads no more while many wait, and goes on when they are answered", async () => {
    const { answers, input, output, serving } = byHand();
    output.resume();
    for (let round = 0; round < 64; round++) input.write(frame("x"));
    await vi.waitFor(() => expect(answers).toHaveLength(64));
    input.write(frame("x"));
    await vi.waitFor(() => expect(input.isPaused()).toBe(true));
    expect(answers).toHaveLength(64);
    answers[0]?.(yes);
    await vi.waitFor(() => expect(answers).toHaveLength(65));
    input.end();
    for (const answer of answers) answer(yes);
    await serving.finished;
  });

  test("it reads no more while nobody takes the replies", async () => {
    const taken: (() => void)[] = [];
    const output = new Writable({
      highWaterMark: 4,
      write: (_chunk, _encoding, done) => void taken.push(done),
    });
    const input = new PassThrough();
    const serving = new RequestStream({
      input,
      output,
      protocol: ejabberd,
      answer: () => yes,
      log,
    });
    input.write(frame("1"));
    await vi.waitFor(() => expect(input.isPaused()).toBe(true));
    taken.shift()?.();
    await vi.waitFor(() => expect(input.isPaused()).toBe(false));
    input.end();
    await serving.finished;
  });

  test("replies that cannot be written are dropped, and requests still read to their end", async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const serving = new RequestStream({
      input,
      output,
      protocol: ejabberd,
      answer: () => yes,
      log,
    });
    output.destroy(new Error("EPIPE"));
    await vi.waitFor(() =>
      expect(write).toHaveBeenCalledWith(expect.anything(), "cannot write replies"),
    );
    input.write(frame("1"));
    input.end(frame("2"));
    await serving.finished;
  });

  test("once stopped it answers what was asked, and is finished", async () => {
    const { answers, input, serving, read } = byHand();
    input.write(frame("1"));
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    serving.stop();
    input.write(frame("2"));
    answers[0]?.(yes);
    await serving.finished;
    expect(read()).toBe("00020001");
    expect(answers).toHaveLength(1);
  });
});

describe("lines", () => {
  const line = (text: string) => Buffer.from(`${text}\n`, "latin1");

  test("are answered with lines", async () => {
    const lines = [good, "auth:bob:example.org:x", "", `${good}\r`, "isuser:alice:example.org"];
    expect(await run(lines.map(line), { protocol: prosody })).toBe("1\n0\n0\n1\n1\n");
  });

  test("are the same wherever the stream is cut", async () => {
    const stream = Buffer.concat([line(good), line("nonsense"), line(good)]);
    for (let cut = 0; cut <= stream.length; cut++) {
      const parts = [stream.subarray(0, cut), stream.subarray(cut)];
      expect(await run(parts, { protocol: prosody })).toBe("1\n0\n1\n");
    }
  });

  test("from one who waits for each answer are one request as long as they come together", async () => {
    const parts = [line(good), Buffer.from(`${good}\n${good.slice(0, 9)}`), line(good.slice(9))];
    const requests = [...parts, line(good), line(`setpass:a:b:c\n${good}`), line(good)];
    expect(await run(requests, { protocol: ptyLines })).toBe("10101");
  });

  test("of any length are one request", async () => {
    const long = Buffer.concat([Buffer.alloc(200_000, "x"), line("")]);
    const chunks = [long.subarray(0, 70_000), long.subarray(70_000), line(good)];
    expect(await run(chunks, { protocol: prosody })).toBe("0\n1\n");
  });

  test("hold no more of a line than a request can have", () => {
    const reader = prosody.reader();
    expect([...reader.feed(Buffer.alloc(200_000, "x"))]).toEqual([]);
    expect([...reader.feed(Buffer.alloc(200_000, "x"))]).toEqual([]);
    expect(reader.unfinished).toBe(65_536);
  });

  test("have no room for what check says", async () => {
    const check = line(`check:alice:example.org:${password}`);
    expect(await run([check], { protocol: prosody })).toBe("1\n");
  });
});

describe("mac", () => {
  const ask = (username: string, host = "example.org") => run([frame(`mac::${host}:${username}`)]);

  test("tells the MAC of a username, and the log nothing of it", async () => {
    const { username, password } = await mint(
      { jid: "alice@example.org", present: "authzid" },
      { keyring },
    );
    expect(await ask(username)).toBe(`001e0001${Buffer.from(password).toString("hex")}`);
    expect(write).toHaveBeenCalledWith(
      expect.objectContaining({ op: "mac", user: "alice", host: "example.org", ok: true }),
    );
    expect(JSON.stringify(write.mock.calls)).not.toContain(password);
  });

  test("says why it tells none", async () => {
    const username = `${Math.floor(Date.now() / 1000)}:alice@example.org`;
    expect(await ask(username, "other.example")).toBe("00020000");
    expect(write).toHaveBeenLastCalledWith(
      expect.objectContaining({ user: "alice", ok: false, reason: "scram-off" }),
    );
    expect(await ask(`1000000000:alice@example.org`)).toBe("00020002");
    expect(await ask("alice")).toBe("00020000");
  });

  test("nobody can tell where no answer was to be had", async () => {
    const answer = () => Promise.reject(new Error("a defect"));
    expect(await run([frame("mac::example.org:x")], { answer })).toBe("00020004");
  });
});

describe("check", () => {
  const accepted = (expires: number) => {
    const text = `${expires}:alice`;
    const head = Buffer.from([0, 2 + text.length, 0, 1]);
    return Buffer.concat([head, Buffer.from(text)]).toString("hex");
  };
  const check = (user: string, secret: string, known?: Partial<Store>) =>
    run([frame(`check:${user}:example.org:${secret}`)], {
      answer: createHandler(verifier(known), log),
    });

  test.each([
    ["an inline password", "alice", inline],
    ["a token", "alice", token],
    ["a token for whom it names", "", token],
    ["a JWT", "alice", jwt],
    ["a JWT for whom it names", "", jwt],
  ])("says whom %s lets in, and until when", async (_, user, { password, expires }) => {
    expect(await check(user, password)).toBe(accepted(expires));
  });

  test.each([
    ["somebody else's password", "bob", password],
    ["a password that names nobody", "", password],
    ["nonsense", "alice", "nonsense"],
    ["nothing", "", ""],
  ])("says 0 to %s", async (_, user, secret) => {
    expect(await check(user, secret)).toBe("00020000");
  });

  test("says 2 to what is over", async () => {
    const at = Math.floor(Date.now() / 1000) - 61;
    for (const key of ["north", "hs"]) {
      const old = await mint({ jid: "alice@example.org", ttl: 60, key }, { keyring, now: at });
      expect(await check("alice", old.password)).toBe("00020002");
    }
  });

  test("says 3 to what is taken back, and 4 when nobody can tell", async () => {
    const look = async () => ({ revoked: true });
    expect(await check("alice", password, { getStatus: look })).toBe("00020003");
    const down = () => Promise.reject(new Error("down"));
    expect(await check("alice", password, { getStatus: down })).toBe("00020004");
  });
});

test("each decision is logged, and never a password, token or MAC", async () => {
  const secrets = [password, token.password, jwt.password];
  const requests = secrets.flatMap((secret) => [
    ...["auth", "check", "removeuser3", "setpass", "certauth"].map(
      (op) => `${op}:alice:example.org:${secret}`,
    ),
    `auth:bob:example.org:${secret}`,
    `x:${secret}::`,
    `${secret}`,
    `auth:${secret}`,
  ]);
  await run(requests.map(frame));
  const logged = JSON.stringify(write.mock.calls);
  expect(logged).toContain('"user":"alice","host":"example.org","ok":true,"key":"north"');
  expect(logged).toContain('"user":"bob","host":"example.org","ok":false,"reason":"wrong-user"');
  const pieces = secrets.flatMap((secret) => secret.split(/[:.]/)).filter((it) => it.length > 20);
  expect(pieces.length).toBeGreaterThan(4);
  for (const piece of pieces) expect(logged).not.toContain(piece);
});
