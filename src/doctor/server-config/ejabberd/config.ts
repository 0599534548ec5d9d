import type { Account } from "../../account.ts";
import type { Setting } from "../rule.ts";
import type { YamlFile } from "../yaml.ts";

/** The options of a listener or of a module. */
export type Options = Record<string, unknown>;

/** What `ejabberd.yml` sets for one host. */
export class EjabberdConfig {
  readonly path: string;
  readonly host: string;
  /** The user that ejabberd runs as, where it is known. */
  readonly account: Account | undefined;
  readonly listeners: readonly EjabberdListener[];
  /** The host's modules, with their options. */
  readonly modules: Options;
  readonly #file: YamlFile;

  constructor(file: YamlFile, path: string, host: string, account: Account | undefined) {
    this.#file = file;
    this.path = path;
    this.host = host;
    this.account = account;
    this.listeners = listenersOf(file, this);
    this.modules = {
      ...optionsOf(this.option("modules")?.value),
      ...optionsOf(file.get(["append_host_config", host, "modules"])?.value),
    };
  }

  /** An option, as the host has it. */
  option(name: string): Setting | undefined {
    return this.#file.get(["host_config", this.host, name], [name]);
  }

  /** An option that holds for all hosts. */
  globalOption(name: string): Setting | undefined {
    return this.#file.get([name]);
  }

  /** The hosts that ejabberd serves. */
  get hosts(): Setting | undefined {
    return this.globalOption("hosts");
  }

  get authMethod(): Setting | undefined {
    return this.option("auth_method");
  }

  get authMethods(): string[] {
    return listOf(this.authMethod).map(String);
  }

  /** The method by which ejabberd asks Mayfly. */
  get ownMethod(): "mayfly" | "external" {
    return this.isNative ? "mayfly" : "external";
  }

  get program(): Setting | undefined {
    return this.option("extauth_program");
  }

  /** Whether `mod_mayfly` verifies inside ejabberd, without a program. */
  get isNative(): boolean {
    return this.authMethods.includes("mayfly");
  }

  /** Whether it verifies with nothing but key files. */
  get isStandAlone(): boolean {
    return this.isNative && this.moduleOptions("mod_mayfly").secret_files !== undefined;
  }

  /** Whether OAuth is set up on purpose: a way to get tokens, or to have them looked up. */
  get hasOAuth(): boolean {
    const isLookup = this.globalOption("oauth_db_type")?.value === "rest";
    const isIssuer = this.listeners.some((it) => it.serves("ejabberd_oauth"));
    return isLookup || (isIssuer && this.globalOption("oauth_access") !== undefined);
  }

  /** Whether no FAST token outlives its credential. */
  get limitsFast(): boolean {
    return this.moduleOptions("mod_mayfly").end_fast_at_expiry === true;
  }

  hasModule(name: string): boolean {
    return name in this.modules;
  }

  moduleOptions(name: string): Options {
    return optionsOf(this.modules[name]);
  }
}

/** One entry of `listen:`. */
export class EjabberdListener {
  readonly config: EjabberdConfig;
  readonly options: Options;
  readonly where: string;

  constructor(config: EjabberdConfig, options: Options, where: string) {
    this.config = config;
    this.options = options;
    this.where = where;
  }

  get module(): unknown {
    return this.options.module;
  }

  get port(): unknown {
    return this.options.port;
  }

  get hasTls(): boolean {
    return this.options.tls === true;
  }

  get isLoopback(): boolean {
    return /^(127\.|::1$)/.test(String(this.options.ip));
  }

  /** What an HTTP listener serves: a module for each path. */
  get handlers(): [path: string, module: unknown][] {
    return Object.entries(optionsOf(this.options.request_handlers));
  }

  serves(...modules: string[]): boolean {
    return this.handlers.some(([, module]) => modules.includes(String(module)));
  }
}

/** The items of a setting that may be a list, one item, or absent. */
export function listOf(setting: Setting | undefined): unknown[] {
  return [setting?.value ?? []].flat();
}

function optionsOf(value: unknown): Options {
  return typeof value === "object" && value !== null ? (value as Options) : {};
}

function listenersOf(file: YamlFile, config: EjabberdConfig): EjabberdListener[] {
  return listOf(file.get(["listen"])).map((_, index) => {
    const entry = file.get(["listen", index]);
    return new EjabberdListener(config, optionsOf(entry?.value), entry?.where ?? "");
  });
}
