import { isMap, parse, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import type { Page } from "../docs/markdown.ts";
import { until } from "../until.ts";
import { stepIn, stepsIn } from "./init-steps.ts";
import type { Machine } from "./machine.ts";

/** The host that the guides are for. */
export const host = "example.com";

/** Does what docs/ejabberd.md says, to the restart: what `mayfly init` printed. */
export async function followEjabberd(machine: Machine, page: Page): Promise<string> {
  machine.install(page.take("install"));
  const printed = machine.sh(page.take("init"));
  machine.sh(stepIn(printed, "Install mod_mayfly"));
  putIntoEjabberdYml(machine, printed);
  await restartEjabberd(machine, page.take("restart"));
  return printed;
}

/** Runs lines that restart ejabberd, and waits until it is there again. */
export async function restartEjabberd(
  machine: Machine,
  lines = "systemctl restart ejabberd",
): Promise<void> {
  machine.sh(lines);
  for (const port of [5222, 5443]) await machine.untilListening(port);
}

/** Puts what `mayfly init` prints in the place of what stands in Debian's `ejabberd.yml`. */
export function putIntoEjabberdYml(machine: Machine, printed: string): void {
  const path = "/etc/ejabberd/ejabberd.yml";
  const file = parseDocument(machine.read(path));
  put(file.contents, stepIn(printed, "into ejabberd.yml"));
  put(file.get("modules"), stepIn(printed, "under modules:"));
  for (const it of (file.get("listen") as YAMLSeq<YAMLMap>).items) {
    const module = it.get("module");
    const words = module === "mod_mqtt" ? "into the listener with" : "into each listener";
    if (module !== "mod_mqtt" && module !== "ejabberd_c2s") continue;
    put(it, stepIn(printed, words));
    if (it.get("tls") === true) it.delete("starttls_required");
  }
  machine.write(path, String(file));
}

function put(map: unknown, lines: string): void {
  if (!isMap(map)) throw new Error("there is nothing to put lines into");
  for (const [name, value] of Object.entries(parse(lines))) map.set(name, value);
}

/** Does what docs/prosody.md says, to the restart: what `mayfly init` printed. */
export async function followProsody(machine: Machine, page: Page): Promise<string> {
  machine.install(page.take("install"));
  const printed = machine.sh(page.take("init"));
  machine.sh(page.take("certificate"));
  for (const [what, lines] of stepsIn(printed)) {
    const [, file] = /^Write this to (\S+\.cfg\.lua)/.exec(what) ?? [];
    if (file) machine.write(file, `${lines}\n`);
    else if (!/^(Then|Last)/.test(what)) machine.sh(lines);
  }
  await until(() => machine.run("test -S /run/mayfly/extauth.sock").status === 0);
  await machine.untilListening(5222);
  return printed;
}
