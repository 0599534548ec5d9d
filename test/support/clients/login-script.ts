// Logs in where this is run, such as in the network of a machine: prints how it went.
import { c2sOutcome } from "./tcp-login.ts";

const [to = "", login = ""] = process.argv.slice(2);
process.stdout.write(await c2sOutcome(JSON.parse(to), JSON.parse(login)));
