import { type Finding, finding } from "./findings/finding.ts";

/** What is looked for in a server's log. */
export interface LoginsInLog {
  /** The lines that were written meanwhile, of ejabberd at level info. */
  text: string;
  path: string;
  /** The user and the host that doctor logged in to; its invented users count too. */
  localpart: string;
  host: string;
}

/** The addresses that ejabberd had for the logins of a user, or of doctor's own. */
export function addressesInLog({ text, localpart, host }: Omit<LoginsInLog, "path">): string[] {
  const line = /(?:Accepted|Failed) c2s \S+ authentication for (\S+)@(\S+) .*?\bfrom (\S+)/g;
  const found = [...text.matchAll(line)]
    .filter(([, user = "", at]) => at === host && isOurs(user, localpart))
    .map(([, , , address = ""]) => address.replace(/^::ffff:/i, "").replace(/:$/, ""));
  return [...new Set(found)];
}

/**
 * Reports that the real address does not arrive: doctor came from the network, and ejabberd has an
 * address of loopback for each of its logins, which is the proxy's.
 */
export function realAddress(logins: LoginsInLog): Finding[] {
  const addresses = addressesInLog(logins);
  if (addresses.length === 0 || !addresses.every(isLoopback)) return [];
  const what = `the server's log has ${addresses.join(" and ")} for logins from the network`;
  return [finding("real-address", what, "ejabberd", { where: logins.path })];
}

/** Whether an address is of this machine alone. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^127(\.\d+){3}$/.test(address);
}

function isOurs(user: string, localpart: string): boolean {
  return user === localpart || user.startsWith("mayfly-doctor-");
}
