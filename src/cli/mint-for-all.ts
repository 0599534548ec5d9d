import {
  type MintedCredential,
  parseBareJid,
  type Service,
  services,
} from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { type Minting, type MintRequest, mint } from "../mint/index.ts";

/**
 * Mints one credential for every service: one key, one expiry and one MAC, as each of them takes it.
 *
 * @throws {@link MayflyError} as `mint` does
 */
export async function mintForAll(
  { jid = "", present, ...request }: Omit<MintRequest, "service">,
  mayfly: Minting,
): Promise<Record<Service, MintedCredential>> {
  const now = Math.floor(Date.now() / 1000);
  const key = keyForAll({ ...request, jid }, mayfly);
  const mintFor = (service: Service) => mint({ ...request, jid, service, key }, mayfly, now);
  return {
    xmpp: await mint({ ...request, jid, key, ...(present && { present }) }, mayfly, now),
    sip: await mintFor("sip"),
    turn: await mintFor("turn"),
  };
}

/** The id of the first key that mints for each of the services. */
function keyForAll(
  { jid, profile, format = profile && "jwt", key, ...options }: MintRequest & { jid: string },
  { keyring }: Minting,
): string {
  const { host } = parseBareJid(jid, { escape: options.escape ?? false });
  const ids = key === undefined ? keyring.keys.map(({ id }) => id) : [key];
  const fit = ids.find((id) =>
    services.every((service) => keyring.minting({ host, service, format, id })),
  );
  if (fit !== undefined) return fit;
  const which = `no ${format === "jwt" ? "JWT" : "key"}${key === undefined ? "" : ` with id ${key}`}`;
  throw new MayflyError(
    "ERR_NO_KEY",
    `${which} serves ${services.join(", ")} on ${host}: it takes a key of algorithm sha1 in state mint`,
  );
}
