import { availableParallelism, totalmem } from "node:os";
import { checkStartable } from "../../program/command.ts";
import type { Rule } from "../rule.ts";
import { type EjabberdConfig, listOf } from "./config.ts";

const megabyteBytes = 1024 ** 2;
const processBytes = 50 * megabyteBytes;
const maxProcesses = 16;
const noStart = "ejabberd does not start without secrets or a socket to verify with";

/** Where mod_mayfly verifies inside ejabberd. */
export const nativeRules: readonly Rule<EjabberdConfig>[] = [
  {
    code: "module",
    applies: (config) => !config.hasModule("mod_mayfly"),
    find: (config) => ({
      what: "mod_mayfly is not among the modules",
      where: config.option("modules")?.where,
      fix: "modules: mod_mayfly: with secret_files: or socket:",
      why: noStart,
    }),
  },
  {
    code: "module",
    applies: (config) => config.hasModule("mod_mayfly"),
    find(config) {
      const options = config.moduleOptions("mod_mayfly");
      const ways = ["socket", "secret_files"].filter((name) => options[name] !== undefined);
      if (ways.length === 1) return undefined;
      return {
        what: `mod_mayfly has ${ways.length === 0 ? "neither socket: nor" : "both socket: and"} secret_files:`,
        where: config.option("modules")?.where,
        fix: "secret_files: [KEY FILE] to verify without another process, or socket: of mayfly serve",
        why: noStart,
      };
    },
  },
];

/** Where ejabberd asks a program. */
export const programRules: readonly Rule<EjabberdConfig>[] = [
  {
    code: "auth-cache",
    find(config) {
      const setting = config.option("auth_use_cache") ?? config.option("use_cache");
      if (setting?.value === false) return undefined;
      const state = setting ? "is on" : "is not set, and on by default";
      return { what: `auth_use_cache: ${state}`, where: setting?.where };
    },
  },
  {
    code: "program",
    applies: ({ program }) => program === undefined,
    find: () => ({
      what: "there is no extauth_program:",
      fix: 'extauth_program: "/usr/bin/mayfly extauth --config /etc/mayfly/mayfly.yml"',
    }),
  },
  {
    code: "program",
    find({ program, account }) {
      const obstacle = program && account && checkStartable(String(program.value), account);
      if (!obstacle) return undefined;
      const { what, fix } = obstacle;
      return { what: `extauth_program: ${what}`, where: program.where, fix };
    },
  },
  {
    code: "pool-size",
    applies: ({ program }) => startsNode(String(program?.value)),
    find(config) {
      const size = config.option("extauth_pool_size");
      const count = Number(size?.value ?? availableParallelism());
      const bytes = count * Math.max(listOf(config.hosts).length, 1) * processBytes;
      const isTooMuch = count > maxProcesses || bytes > totalmem() / 4;
      if (!isTooMuch) return undefined;
      const how = size ? `${count} processes` : `a process for each of ${count} cores`;
      const memory = `${Math.round(bytes / megabyteBytes)} MB`;
      const what = `extauth_pool_size: makes ${how} for each host, in all ${memory}`;
      return { what, where: size?.where };
    },
  },
];

/** Whether each process of the program is a Node; relays to one process take next to nothing. */
function startsNode(program: string): boolean {
  return /mayfly|node/.test(program) && !/socat/.test(program);
}
