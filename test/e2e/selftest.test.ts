import { expect, test } from "vitest";
import { mayfly } from "../support/cli/run-cli.ts";
import { describeAsRoot } from "../support/vitest/describe-with.ts";

/** What the self-test says of a program of ejabberd's user that has this path among its words. */
function codesWith(path: string): string[] {
  const program = `/bin/true ${path}`; // that it answers nothing is another finding
  const { stdout } = mayfly(["selftest", "--user", "ejabberd", "--json", "--", program]);
  const { findings } = JSON.parse(stdout) as { findings: { code: string; what: string }[] };
  return findings.map(({ code, what }) => `${code}: ${what}`);
}

/** @see {@link https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#ProtectHome=} */
describeAsRoot("ejabberd")("mayfly selftest, beside the unit of Debian's ejabberd", () => {
  test.each(["/home/a/program", "/root/program", "/tmp/program", "/var/tmp/program"])(
    "warns that systemd hides %s",
    (path) => {
      expect(codesWith(path)).toContain(`hidden: ejabberd.service hides ${path} from ejabberd`);
    },
  );

  test.each(["/opt/program", "/homely/program"])("says nothing of %s", (path) => {
    const codes = codesWith(path);
    expect(codes).toEqual([expect.stringMatching(/^not-started: /)]);
  });
});
