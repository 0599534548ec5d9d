import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { inject } from "vitest";
import type { TestProject } from "vitest/node";
import { type Certificate, makeCertificate } from "../machine/certificate.ts";
import { isInstalled, servers } from "../machine/debian.ts";
import { converseRemedy, ensureConverse } from "./converse.ts";

declare module "vitest" {
  interface ProvidedContext {
    browser: {
      /** Where Playwright finds it. */
      endpoint: string;
      /** The one certificate that it trusts. */
      certificate: Certificate;
    };
  }
}

/** The XMPP host that it trusts. */
export const host = "example.org";

/** Starts one Chromium for all tests of a run; it ends with the process that runs this. */
export default async function setup({
  provide,
}: TestProject): Promise<(() => unknown) | undefined> {
  if (!isInstalled("chromium")) return undefined;
  if (!ensureConverse()) {
    if (process.env.CI) throw new Error(converseRemedy);
    process.stderr.write(`${converseRemedy}\n`);
  }
  const folder = mkdtempSync(join(tmpdir(), "mayfly-browser-"));
  const certificate = makeCertificate(folder, [host]);
  const browser = await chromium.launchServer({
    executablePath: servers.chromium.file,
    args: [
      `--ignore-certificate-errors-spki-list=${fingerprint(certificate)}`,
      // A microphone that beeps, and nobody is asked for.
      ...["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
    ],
  });
  provide("browser", { endpoint: browser.wsEndpoint(), certificate });
  return async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  };
}

/** The Chromium of this run. */
export function connectBrowser(): Promise<Browser> {
  return chromium.connect(inject("browser").endpoint);
}

/** What that Chromium trusts. */
export function trusted(): Certificate {
  return inject("browser").certificate;
}

function fingerprint({ pem }: Certificate): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}
