import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { main } from "../support/cli/run-cli.ts";
import { describeWith } from "../support/vitest/describe-with.ts";

const units = new URL("../../systemd/", import.meta.url);
const program = "/usr/bin/mayfly";

describeWith("systemd")("systemd's units", () => {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-units-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What systemd says of the units, with the program where it is here. */
  function verify(change: (text: string) => string = (text) => text): string {
    const files = readdirSync(units).map((name) => {
      const text = readFileSync(new URL(name, units), "utf8");
      const file = join(folder, name);
      writeFileSync(file, change(text.replaceAll(program, main)));
      return file;
    });
    expect(files).toHaveLength(3);
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...files], {
      encoding: "utf8",
    });
    return `${status}: ${stderr}`;
  }

  test("are what it takes them for", () => {
    expect(verify()).toBe("0: ");
  });

  test("would be found wrong: the test above can tell", () => {
    const ever = (text: string) => text.replace("Restart=always", "Restart=ever");
    expect(verify(ever)).toContain("Failed to parse service restart specifier");
    expect(verify((text) => text.replace(main, program))).toContain("is not executable");
  });
});
