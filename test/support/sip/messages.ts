/** A SIP message (RFC 3261 section 7) without a body. */
export interface SipMessage {
  /** `REGISTER sip:example.org SIP/2.0`, or `SIP/2.0 200 OK`. */
  start: string;
  /** In order; a name may come more than once. */
  headers: Header[];
}

/** A header's name and value. */
export type Header = [name: string, value: string];

/** Spells a message. */
export function spell({ start, headers }: SipMessage): string {
  const lines = [...headers, ["Content-Length", "0"]].map((header) => header.join(": "));
  return [start, ...lines, "", ""].join("\r\n");
}

/** Takes a message apart. */
export function parse(text: string): SipMessage {
  const [start = "", ...lines] = text.trimEnd().split("\r\n");
  const headers = lines.map((line): Header => {
    const [name = "", ...value] = line.split(":");
    return [name.trim(), value.join(":").trim()];
  });
  return { start, headers };
}

/** The values of a header, in order. */
export function headersOf({ headers }: SipMessage, name: string): string[] {
  return headers.filter(([it]) => it === name).map(([, value]) => value);
}

/** The first value of a header; empty where there is none. */
export function headerOf(message: SipMessage, name: string): string {
  return headersOf(message, name)[0] ?? "";
}

/** The status and words of an answer, such as `200 OK`; `undefined` for a request. */
export function statusOf({ start }: SipMessage): string | undefined {
  return /^SIP\/2\.0 (\d{3} .*)/.exec(start)?.[1];
}
