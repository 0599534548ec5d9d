import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import {
  type Expectation,
  fuzzedConfig,
  ping,
  Requests,
  signatures,
} from "../support/cli/fuzz-requests.ts";
import { type Interrogation, interrogate } from "../support/cli/fuzz-session.ts";
import { main } from "../support/cli/run-cli.ts";
import { frame } from "../support/data/frames.ts";
import { Random } from "../support/data/random.ts";

const count = Number(process.env.FUZZ_REQUESTS ?? 200_000);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const folder = mkdtempSync(join(tmpdir(), "mayfly-fuzz-"));
const config = join(folder, "mayfly.yml");
writeFileSync(config, stringify(fuzzedConfig), { mode: 0o600 });

const pingBytes = frame(ping.payload);

describe("mayfly extauth between two pipes", () => {
  let program: Interrogation;

  afterEach(() => program?.kill());
  afterAll(() => rmSync(folder, { recursive: true }));

  test("answers a request cut at any of its bytes", { timeout: 60_000 }, async () => {
    program = await start();
    const request = new Requests(new Random(seed)).good();
    const bytes = frame(request.payload);
    for (let cut = 1; cut < bytes.length; cut++) {
      // The answer to what stands before it shows that the first part has come alone.
      await program.write(Buffer.concat([pingBytes, bytes.subarray(0, cut)]), [ping]);
      await program.settle();
      await program.write(bytes.subarray(cut), [request]);
    }
    expect(await program.end()).toBe(0);
  });

  const timeout = 120_000 + count;
  test(`answers ${count} requests as they deserve (FUZZ_SEED=${seed})`, { timeout }, async () => {
    program = await start();
    const random = new Random(seed);
    const requests = new Requests(random);
    let warm = 0;
    for (let asked = 0; asked < count; ) {
      const length = 1 + random.below(random.pick([1, 5, 200]));
      const batch = Array.from({ length }, () => requests.next());
      for (const { bytes, completed } of pieces(batch, random)) {
        await program.write(bytes, completed);
        if (random.below(8) === 0) await program.settle();
      }
      asked += length;
      if (asked > count / 4) warm ||= program.memory();
    }
    await program.settle();
    // V8 lets its heap grow once, at some time; what is kept of each request would go on growing.
    expect(program.memory() / warm).toBeLessThan(2.5);

    const last = Array.from({ length: 200 }, () => requests.next());
    const frames = last.map(({ payload }) => frame(payload));
    await program.write(Buffer.concat([...frames, pingBytes.subarray(0, -1)]), last);
    expect(await program.end()).toBe(0);
  });
});

function start(): Promise<Interrogation> {
  return interrogate([main, "extauth", "--config", config], signatures);
}

interface Piece {
  bytes: Buffer;
  completed: Expectation[];
}

/** The frames of requests, joined and cut anew: anywhere, and most often close to a frame's start. */
function pieces(batch: Expectation[], random: Random): Piece[] {
  const frames = batch.map(({ payload }) => frame(payload));
  const bytes = Buffer.concat(frames);
  let sum = 0;
  const ends = frames.map(({ length }) => (sum += length));
  const cuts = Array.from({ length: random.pick([0, 0, 1, 2, 8]) }, () =>
    random.below(3) ? random.pick(ends) + random.below(5) - 2 : random.below(bytes.length),
  );
  const inside = cuts.filter((cut) => cut > 0 && cut < bytes.length);
  const borders = [0, ...inside.sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((to, index) => {
    const from = borders[index] ?? 0;
    const isCompleted = (_: Expectation, nth: number) => {
      const end = ends[nth] ?? 0;
      return end > from && end <= to;
    };
    return { bytes: bytes.subarray(from, to), completed: batch.filter(isCompleted) };
  });
}
