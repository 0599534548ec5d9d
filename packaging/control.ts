import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Arch, maintainer } from "./stage.ts";

const debian = fileURLToPath(new URL("debian/", import.meta.url));

/** Writes `DEBIAN/`: the control file, what runs when the package comes and goes, and checksums. */
export function writeControl({
  arch,
  root,
  version,
}: {
  arch: Arch;
  root: string;
  version: string;
}): void {
  const files = readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const folder = join(root, "DEBIAN");
  mkdirSync(folder);
  const kilobytes = files.reduce((sum, file) => sum + Math.ceil(lstatSync(file).size / 1024), 0);
  writeFileSync(join(folder, "control"), control(arch, version, kilobytes));
  const conffiles = files
    .map((file) => file.slice(root.length))
    .filter((file) => file.startsWith("/etc/"));
  writeFileSync(join(folder, "conffiles"), `${conffiles.join("\n")}\n`);
  const sums = files
    .filter((file) => !file.startsWith(join(root, "etc/")))
    .map((file) => {
      const sum = createHash("md5").update(readFileSync(file)).digest("hex");
      return `${sum}  ${file.slice(root.length + 1)}\n`;
    });
  writeFileSync(join(folder, "md5sums"), sums.join(""));
  for (const name of ["postinst", "prerm", "postrm"]) {
    cpSync(join(debian, name), join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
}

function control(arch: Arch, version: string, kilobytes: number): string {
  return `Package: mayfly
Version: ${version}
Architecture: ${arch}
Maintainer: ${maintainer}
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 6), systemd | systemd-standalone-sysusers | systemd-sysusers
Recommends: logrotate
Suggests: ejabberd | prosody
Section: net
Priority: optional
Homepage: https://www.npmjs.com/package/mayfly
Description: short-lived XMPP logins
 Mayfly lets a web page log in to XMPP without a password. The app server
 mints a credential that expires in minutes; ejabberd or Prosody verifies
 it without a user database, and without a call back to the app. The same
 credential opens SIP (Kamailio), TURN (coturn) and MQTT (ejabberd).
 .
 This package brings the command mayfly with a Node runtime of its own,
 units for systemd, and the modules for ejabberd and Prosody.
`;
}
