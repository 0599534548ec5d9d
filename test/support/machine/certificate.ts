import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A self-signed certificate. */
export interface Certificate {
  /** Has it with its key, PEM. */
  file: string;
  pem: string;
}

/** Writes a self-signed certificate with its key to `folder`, good for a day. */
export function makeCertificate(folder: string, names: string[]): Certificate {
  const file = join(folder, "server.pem");
  const subject = [...names.map((name) => `DNS:${name}`), "DNS:localhost", "IP:127.0.0.1"];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "1", "-subj", "/CN=localhost", "-addext", `subjectAltName=${subject}`],
      ...["-keyout", file, "-out", join(folder, "certificate.pem")],
    ],
    { stdio: "ignore" },
  );
  const pem = readFileSync(join(folder, "certificate.pem"), "utf8");
  writeFileSync(file, pem, { flag: "a" });
  return { file, pem };
}
