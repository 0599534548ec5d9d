import { isIP } from "node:net";
import * as v from "valibot";
import { hostToWrite } from "../../credential/index.ts";
import { parseDuration } from "../duration.ts";

export const text = v.pipe(
  v.string("must be text (put numbers in quotes)"),
  v.nonEmpty("must not be empty"),
);

export const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `must be one of ${values.join(", ")}`);

export const listOf = <T extends v.GenericSchema>(item: T) => v.array(item, "must be a list");

/** A host name in its prepared form, in which servers send it: a policy under another form would never apply. */
export const hostName = v.pipe(
  text,
  v.rawCheck(({ dataset, addIssue }) => {
    const right = dataset.typed && hostToWrite(dataset.value);
    if (right) addIssue({ message: `must be written ${right}` });
  }),
);

export const duration = (maxSeconds = Number.POSITIVE_INFINITY) =>
  v.pipe(
    v.union([v.string(), v.number()], "must be a duration such as 90s, 10m or 24h"),
    v.transform((value) => parseDuration(String(value))),
    v.number("must be a duration such as 90s, 10m or 24h"),
    v.maxValue(maxSeconds, `must be at most ${maxSeconds}s`),
  );

/** An address, or a network of them, such as `10.0.0.0/8`. */
function isNetwork(value: string): boolean {
  const [, address = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return bits > 0 && (prefix === undefined || (Number(prefix) > 0 && Number(prefix) <= bits));
}

export const network = v.pipe(
  text,
  v.check(isNetwork, "must be an address or a network such as 127.0.0.1/32"),
);

/** A URL with TLS, or one of this machine. */
export function isSecureUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(value);
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  const isSecure = protocol === "https:" || (protocol === "http:" && isLoopback);
  return isSecure && [username, password, search, hash].every((part) => part === "");
}

export const secureUrl = v.pipe(
  text,
  v.check(isSecureUrl, "must be an https: URL, without a query"),
);

export const origin = v.pipe(
  text,
  v.check(isOrigin, "must be an origin such as https://app.example.com"),
);

function isOrigin(value: string): boolean {
  return /^https?:[^*]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}
