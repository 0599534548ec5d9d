import { takeApart } from "../credential/index.ts";

/** Changes to a credential as PLAIN presents it, each of which must spoil it. */
export const tamperings = { expiry: withLaterExpiry, signature: withAnotherSignature };

function withLaterExpiry(password: string): string {
  const presented = takeApart(password);
  if (presented?.format !== "jwt") {
    const [expiry = "", mac] = password.split(":");
    return `${Number(expiry) + 60}:${mac}`;
  }
  const [header, , signature] = password.split(".");
  const claims = { ...presented.claims, exp: Number(presented.claims?.exp) + 60 };
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

/** Its first character: of the last one, bits may be of no meaning. */
function withAnotherSignature(password: string): string {
  const start = Math.max(password.lastIndexOf(":"), password.lastIndexOf(".")) + 1;
  const other = password[start] === "A" ? "B" : "A";
  return password.slice(0, start) + other + password.slice(start + 1);
}
