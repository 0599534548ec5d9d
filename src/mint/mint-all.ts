import {
  type MintedCredential,
  parseBareJid,
  type Service,
  services,
} from "../credential/index.ts";
import { MayflyError } from "../error.ts";
import { currentTime } from "../time.ts";
import { mint } from "./mint.ts";
import type { MintOptions, MintRequest } from "./types.ts";

/**
 * Mints one credential for every service: one key, one expiry and one MAC, as each of them takes it.
 *
 * @throws {@link MayflyError} as `mint` does
 */
export async function mintForAll(
  { jid = "", present, ...request }: Omit<MintRequest, "service">,
  options: MintOptions,
): Promise<Record<Service, MintedCredential>> {
  const key = keyForAll({ ...request, jid }, options);
  const atOnce = { ...options, now: options.now ?? currentTime() };
  const mintFor = (service: Service) => mint({ ...request, jid, service, key }, atOnce);
  return {
    xmpp: await mint({ ...request, jid, key, ...(present && { present }) }, atOnce),
    sip: await mintFor("sip"),
    turn: await mintFor("turn"),
  };
}

/** The id of the first key that mints for each of the services. */
function keyForAll(
  { jid, profile, format = profile && "jwt", key, ...options }: MintRequest & { jid: string },
  { keyring }: MintOptions,
): string {
  const { host } = parseBareJid(jid, { escape: options.escape ?? false });
  const ids = key === undefined ? keyring.keys.map(({ id }) => id) : [key];
  const fit = ids.find((id) =>
    services.every((service) => keyring.findMintKey({ host, service, format, id })),
  );
  if (fit !== undefined) return fit;
  const which = `no ${format === "jwt" ? "JWT" : "key"}${key === undefined ? "" : ` with id ${key}`}`;
  throw new MayflyError(
    "ERR_NO_KEY",
    `${which} serves ${services.join(", ")} on ${host}: it takes a key of algorithm sha1 in state mint`,
  );
}
