import { longestToken } from "./compact.ts";

/** Says, for people, why a text is no credential; meant for one that {@link takeApart} refuses. */
export function whyMalformed(password: string): string {
  if (password === "") return "it is empty";
  if (password.trim() !== password) return "it has white space around it";
  if (/^\d+:[\w-]{27,}={0,2}$/.test(password))
    return "its MAC is in base64url; standard base64 is meant";
  if (/^\d+:/.test(password)) return "there is no MAC in padded base64 behind its last colon";
  if (password.length > longestToken) return `it is longer than ${longestToken} bytes`;
  const parts = password.split(".").length;
  if (parts === 5) return "it is an encrypted token (JWE); a signed one (JWS) is meant";
  if (parts !== 3) return "it is neither <expiry>:<mac>, nor <expiry>:<id>:<mac>, nor a JWT";
  if (/[^\w.-]|=/.test(password)) return "its parts are not in base64url without padding";
  return "its header is not one that we take, its parts have an odd spelling, or a name stands twice";
}
