import { type Command, InvalidArgumentError } from "commander";
import { isWebAddress, type JitsiContext } from "../credential/index.ts";
import { MayflyError } from "../error.ts";

/** Options of `mayfly mint` for jitsi tokens, as commander reads them. */
export interface JitsiOptions {
  displayName?: string;
  email?: string;
  avatar?: string;
  moderator?: true;
  feature?: string[];
  subject?: string;
}

/** Adds the options that say what a jitsi token tells of its user. */
export function addJitsiOptions(command: Command): Command {
  return command
    .option("--subject <sub>", "sub of a jitsi token, such as JaaS's tenant (default: the host)")
    .option("--display-name <name>", "name to show in a jitsi token (default: the localpart)")
    .option("--email <address>", "e-mail address in a jitsi token")
    .option("--avatar <url>", "picture of the user in a jitsi token", webAddress)
    .option("--moderator", "make the user of a jitsi token a moderator")
    .option(
      "--feature <name>",
      "feature in a jitsi token, such as recording (repeatable)",
      collect,
    );
}

/** The part of a request to mint that these options make. */
export function jitsiRequestOf({
  displayName,
  email,
  avatar,
  moderator,
  feature,
  subject,
}: JitsiOptions): { context?: JitsiContext; moderator?: boolean; subject?: string } {
  const user = {
    ...(displayName !== undefined && { name: displayName }),
    ...(email !== undefined && { email }),
    ...(avatar !== undefined && { avatar }),
    ...(moderator && { moderator }),
  };
  const context = {
    ...(Object.keys(user).length > 0 && { user }),
    ...(feature && { features: Object.fromEntries(feature.map((name) => [name, true])) }),
  };
  return {
    ...(Object.keys(context).length > 0 && { context }),
    ...(moderator && { moderator }),
    ...(subject !== undefined && { subject }),
  };
}

/** Refuses options for jitsi tokens with any other profile. */
export function assertJitsiOptions(
  options: JitsiOptions & { profile?: string; audience?: string; room?: string },
): void {
  const { profile, audience, room, displayName, email, avatar, moderator, feature, subject } =
    options;
  if (profile === "jitsi") return;
  const given = {
    "--audience": audience,
    "--room": room,
    "--subject": subject,
    "--display-name": displayName,
    "--email": email,
    "--avatar": avatar,
    "--moderator": moderator,
    "--feature": feature,
  };
  const option = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (option === undefined) return;
  throw new MayflyError("ERR_REQUEST", `${option} is for jitsi tokens: add --profile jitsi`);
}

function webAddress(text: string): string {
  if (isWebAddress(text)) return text;
  throw new InvalidArgumentError("Write a URL, such as https://app.example.com/alice.png.");
}

function collect(name: string, before: string[] = []): string[] {
  if (/^[a-z][\w-]*$/i.test(name)) return [...before, name];
  throw new InvalidArgumentError("Write the name of a feature, such as recording.");
}
