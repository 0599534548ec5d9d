/**
 * `npm run demo`: a first login, from minting to chatting, on a real ejabberd. With `--over-pipes`,
 * or where there is no server, the external-auth program is spoken to as ejabberd would.
 */
import { ensureInstalled, remedy } from "../../test/support/machine/debian.ts";
import { overPipes } from "./over-pipes.ts";
import { say, stopEverything } from "./stage.ts";
import { withEjabberd } from "./with-ejabberd.ts";

say("Mayfly: a login that lives for ten minutes\n");
try {
  if (process.argv.includes("--over-pipes")) {
    await overPipes();
  } else if ((await ensureInstalled(["ejabberd"], say)).length === 0) {
    await withEjabberd();
  } else {
    say(`There is no XMPP server here, so this speaks to the program itself, as ejabberd would.`);
    say(`To see a real login: ${remedy("ejabberd")}\n`);
    await overPipes();
  }
} finally {
  await stopEverything();
}
