import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The licences of what is in the package: Mayfly's, and that of each module. Node's is a file of its own.
 *
 * @throws Error for a module that names no licence
 */
export function copyright(home: string, checkout: string): string {
  const ours = readFileSync(join(checkout, "LICENSE"), "utf8").trim();
  const parts = [
    `This is Mayfly, short-lived XMPP logins.\nhttps://www.npmjs.com/package/mayfly\n\nMayfly\n======\n\n${ours}`,
    ...modulesIn(join(home, "node_modules")).map(notice),
    "Node.js, in /usr/lib/mayfly/bin\n===============================\n\nMIT; /usr/share/doc/mayfly/LICENSE.node has it, and the licences of what is in Node.",
  ];
  return `${parts.join("\n\n\n")}\n`;
}

/** The folders of the modules, with those inside of others. */
function modulesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) => {
      const path = join(folder, name);
      if (name.startsWith("@")) return modulesIn(path);
      return [path, ...modulesIn(join(path, "node_modules"))];
    })
    .filter((path) => existsSync(join(path, "package.json")));
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (typeof license !== "string") throw new Error(`${name} names no licence`);
  const title = `${name} ${version} (${license})`;
  if (license === "Apache-2.0") {
    const where = "The licence is in /usr/share/common-licenses/Apache-2.0.";
    return `${title}\n${"=".repeat(title.length)}\n\n${where}`;
  }
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text =
    file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), "utf8").trim();
  return `${title}\n${"=".repeat(title.length)}\n\n${text}`;
}
