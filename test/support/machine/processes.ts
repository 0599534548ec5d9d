import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A running process. */
export interface Running {
  pid: number;
  /** Its command line, in words. */
  command: string[];
}

/** The processes that have this text, such as the path of a folder, in command line or environment. */
export function processesWith(text: string): Running[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid)
    .filter((pid) => [read(pid, "cmdline"), read(pid, "environ")].join().includes(text))
    .map((pid) => ({ pid, command: read(pid, "cmdline").split("\0") }));
}

/** The ports that processes have: TCP's that they listen on, and all of UDP's. */
export function portsOf(processes: Running[]): { tcp: number[]; udp: number[] } {
  const sockets = new Set(processes.flatMap(({ pid }) => socketsOf(pid)));
  return { tcp: ports("tcp", "0A"), udp: ports("udp", "07") };

  /** Of the sockets in a state, by the kernel's tables (proc_net_tcp in its documentation). */
  function ports(protocol: string, wanted: string): number[] {
    return [protocol, `${protocol}6`]
      .flatMap((table) => readFileSync(`/proc/net/${table}`, "utf8").trimEnd().split("\n").slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode = ""]) => state === wanted && sockets.has(inode))
      .map(([, local = ""]) => Number.parseInt(local.split(":")[1] ?? "", 16));
  }
}

/** The inodes of the sockets that a process has. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return orNone(() => readdirSync(folder)).flatMap((name) =>
    // One that is closed meanwhile is none; the others still count.
    orNone(() => /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`))?.slice(1) ?? []),
  );
}

/** What there is to read, unless it has gone. */
function orNone(list: () => string[]): string[] {
  try {
    return list();
  } catch {
    return [];
  }
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return ""; // it has ended, or is not ours
  }
}
