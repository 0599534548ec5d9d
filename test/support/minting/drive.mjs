import { createInterface } from "node:readline";

const { mint } = await import(process.argv[2]);
const text = (hex) => Buffer.from(hex, "hex").toString();
for await (const line of createInterface({ input: process.stdin })) {
  const [secret, localpart, host, ttl, now] = line.split(" ");
  const made = await mint(
    text(secret),
    text(localpart),
    text(host),
    Number(ttl),
    Number(now),
  ).catch((error) => {
    if (!(error instanceof RangeError)) throw error;
  });
  const said = made && [made.username, made.password, made.sip.username, made.turn.password];
  process.stdout.write(made ? `${[...said, made.expires, made.jid].join("\t")}\n` : "refused\n");
}
