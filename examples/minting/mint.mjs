// WebCrypto alone: Cloudflare Workers, Deno, Bun, browsers' service workers and Node take it as it is.
export async function mint(secret, localpart, host, ttl, now) {
  const prepared = localpart
    .normalize("NFKC")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/ς/g, "σ")
    .normalize("NFKC");
  if (localpart !== prepared || !/^[^\p{C}\p{Z}\p{So}"&'/:<>@\\]+$/u.test(localpart)) {
    const rule = "lower case, no spaces, none of \\\"&'/:<>@";
    throw new RangeError(`not a localpart as servers compare them: ${rule}`);
  }
  const [jid, expires] = [`${localpart}@${host}`, now + ttl];
  const username = `${expires}:${jid}`;
  const bytes = (text) => new TextEncoder().encode(text);
  const sha1 = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", bytes(secret), sha1, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, bytes(username));
  const mac = btoa(String.fromCharCode(...new Uint8Array(signature)));
  const sipAndTurn = { username, password: mac };
  const xmpp = { jid, username: localpart, password: `${expires}:${mac}` };
  return { ...xmpp, ttl, expires, sip: sipAndTurn, turn: sipAndTurn };
}
