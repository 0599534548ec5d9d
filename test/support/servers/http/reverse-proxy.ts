import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "../../machine/certificate.ts";
import { freePorts } from "../../machine/ports.ts";
import { until } from "../../until.ts";
import { runServer, startOnFreePorts } from "../private-server.ts";

/** A reverse proxy and the directives of its site. */
export interface ReverseProxyOptions {
  kind: keyof typeof kinds;
  /** The directives, as they stand in a site's configuration. */
  site: string;
  /** Serves TLS with it. */
  certificate?: Certificate;
  /** @defaultValue a free one */
  port?: number;
}

/** A running private reverse proxy. */
export interface ReverseProxy {
  url: string;
  stop(): Promise<void>;
}

interface Plan {
  folder: string;
  port: number;
  site: string;
  /** A file with the certificate and its key. */
  pem: string | undefined;
}

const kinds = { nginx, caddy, apache };

/** Starts a reverse proxy on a free loopback port; it ends with the process that started it. */
export function startReverseProxy(options: ReverseProxyOptions): Promise<ReverseProxy> {
  return startOnFreePorts(async () => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-proxy-"));
    const [free] = (await freePorts(1)) as [number];
    const { kind, site, certificate, port = free } = options;
    const { config, command } = kinds[kind]({ folder, port, site, pem: certificate?.file });
    writeFileSync(join(folder, "proxy.conf"), config);
    // Apache opens its port once to see that it can, and then again.
    const ask = () => until(() => kind !== "apache" || existsSync(join(folder, "pid")));
    const { stop } = await runServer(folder, command, { ports: [port], ask });
    return { url: `${certificate ? "https" : "http"}://127.0.0.1:${port}`, stop };
  });
}

interface Start {
  config: string;
  command: string[];
}

function nginx({ folder, port, site, pem }: Plan): Start {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join("\n");
  const tls = pem ? `ssl_certificate ${pem}; ssl_certificate_key ${pem};` : "";
  const config = `daemon off; pid ${folder}/pid; error_log stderr; events {}
user root;
http {
access_log off; underscores_in_headers on;
${paths}
server { listen 127.0.0.1:${port}${pem ? " ssl" : ""}; ${tls}
${site}
} }`;
  return { config, command: ["nginx", "-c", `${folder}/proxy.conf`] };
}

function caddy({ folder, port, site, pem }: Plan): Start {
  const config = `{
	admin off
	auto_https off
}
:${port} {
	bind 127.0.0.1
	${pem ? `tls ${pem} ${pem}` : ""}
${site}
}
`;
  const file = `${folder}/proxy.conf`;
  return { config, command: ["caddy", "run", "--config", file, "--adapter", "caddyfile"] };
}

const apacheModules = [
  ...["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "headers", "proxy"],
  ...["proxy_http", "ssl", "socache_shmcb"],
];

function apache({ folder, port, site, pem }: Plan): Start {
  const modules = apacheModules
    .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
    .join("\n");
  const tls = pem ? `SSLEngine on\nSSLCertificateFile ${pem}` : "";
  const config = `ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
Listen 127.0.0.1:${port}
ServerName 127.0.0.1
User www-data
Group www-data
ErrorLog ${folder}/error.log
${modules}
<VirtualHost 127.0.0.1:${port}>
${tls}
${site}
</VirtualHost>
`;
  return { config, command: ["apache2", "-D", "FOREGROUND", "-f", `${folder}/proxy.conf`] };
}
