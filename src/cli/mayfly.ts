import { type IssuerConfig, loadConfig } from "../config/index.ts";
import { MayflyError } from "../error.ts";
import { type Issuer, Keyring, type KeySet } from "../keyring/index.ts";
import { Policies } from "../policy/index.ts";

/** What the configuration makes: whom to trust, and where that is written. */
export interface Mayfly {
  source: string;
  keyring: Keyring;
  policies: Policies;
}

/** Loads the configuration and puts the parts together. */
export async function open(file: string | undefined): Promise<Mayfly> {
  const config = loadConfig(file);
  try {
    const issuers = await Promise.all(config.issuers.map(issuerOf));
    const keyring = new Keyring(config.keys, issuers);
    return { source: config.source, keyring, policies: new Policies(config.hosts) };
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    throw new MayflyError("ERR_CONFIG", `${config.source}: ${error.message}`);
  }
}

async function issuerOf({ jwks, ...issuer }: IssuerConfig): Promise<Issuer> {
  // Without issuers there is no need for what it takes to fetch and read their keys.
  const { localJwks, remoteJwks } = await import("../keyring/jwks.ts");
  try {
    const keys: KeySet = jwks instanceof URL ? remoteJwks(jwks) : localJwks(jwks);
    return { ...issuer, keys };
  } catch (error) {
    const { message } = error as Error;
    throw new MayflyError("ERR_CONFIG", `issuer ${issuer.issuer}: its jwks ${message}`);
  }
}
