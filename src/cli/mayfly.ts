import { type Config, ConfigError, loadConfig } from "../config/index.ts";
import { Keyring } from "../keyring/index.ts";
import { Minter } from "../mint/index.ts";
import { Policies } from "../policy/index.ts";
import { Verifier } from "../verify/index.ts";

/** What the configuration makes: where it comes from, and who mints and verifies. */
export interface Mayfly {
  source: string;
  minter: Minter;
  verifier: Verifier;
}

/** Loads the configuration and puts the parts together. */
export function open(file: string | undefined): Mayfly {
  const config = loadConfig(file);
  const keyring = keyringOf(config);
  const policies = new Policies(config.hosts);
  return {
    source: config.source,
    minter: new Minter(keyring, policies),
    verifier: new Verifier(keyring, policies),
  };
}

function keyringOf({ source, keys }: Config): Keyring {
  try {
    return new Keyring(keys);
  } catch (error) {
    throw new ConfigError(`${source}: ${(error as Error).message}`);
  }
}
