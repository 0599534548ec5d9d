import { type Account, findBlockedPath } from "../account.ts";
import { servicePath } from "./command.ts";
import type { ProgramEnvironment } from "./spawn.ts";

/** Variables that locate files, and hold no secret. */
const harmlessVariables = ["MAYFLY_CONFIG", "NODE_OPTIONS", "NODE_PATH"];

/** How ejabberd's service starts a program: a bare environment, and the user's home if it may enter. */
export function serviceEnvironment(account: Account | undefined): ProgramEnvironment {
  return {
    env: { PATH: servicePath, LANG: "C.UTF-8", ...(account && { HOME: account.home }) },
    cwd: account && mayEnter(account, account.home) ? account.home : "/",
    ...(account && account.uid !== process.getuid?.() && { account }),
  };
}

/**
 * How the caller would start it by hand, with no more rights than the service's user has: a user who may
 * write the program, or a file that it reads, could otherwise act as the caller. So another user gets
 * no variable that may be a secret, and no folder that it may not enter itself.
 */
export function manualEnvironment(service: ProgramEnvironment): ProgramEnvironment {
  const cwd = process.cwd();
  const env = ownVariables();
  if (!service.account) return { env, cwd };
  const { PATH = servicePath } = env;
  const harmless = Object.entries(env).filter(([name]) => harmlessVariables.includes(name));
  return {
    ...service,
    env: { ...service.env, ...Object.fromEntries(harmless), PATH },
    ...(mayEnter(service.account, cwd) && { cwd }),
  };
}

/** One difference between the two environments, and what sets it for the service. */
export interface EnvironmentChange {
  /** What the service lacks. */
  what: string;
  fix: string;
  /** The service's environment with this difference alone. */
  environment: ProgramEnvironment;
}

/** The differences of the manual environment: `PATH`, each variable, and the folder. */
export function environmentChanges(
  service: ProgramEnvironment,
  manual: ProgramEnvironment,
): EnvironmentChange[] {
  const { PATH = "", ...env } = manual.env;
  const variables = Object.entries(env).filter(([name]) => /^(MAYFLY|NODE)_/.test(name));
  return [
    {
      what: "PATH",
      fix: "write the absolute path of each program that it starts",
      environment: { ...service, env: { ...service.env, PATH } },
    },
    ...variables.map(([name, value]) => ({
      what: `the environment variable ${name}`,
      fix:
        name === "MAYFLY_CONFIG"
          ? "name the file: mayfly extauth --config FILE"
          : `extauth_program: "/usr/bin/env ${name}=… PROGRAM", or a line in the configuration`,
      environment: { ...service, env: { ...service.env, [name]: value } },
    })),
    {
      what: `the folder ${manual.cwd}`,
      fix: "write absolute paths: extauth_program: … --config /etc/mayfly/mayfly.yml",
      environment: { ...service, cwd: manual.cwd },
    },
  ];
}

function mayEnter(account: Account, folder: string): boolean {
  return findBlockedPath(account, folder, "execute") === undefined;
}

function ownVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}
