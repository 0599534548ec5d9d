import { expect, test } from "vitest";
import { parseTarget } from "../../../src/doctor/index.ts";

test.each([
  ["wss://chat.example.com/ws", { scheme: "wss", hostname: "chat.example.com", port: 443 }],
  ["xmpp://chat.example.com", { scheme: "xmpp", hostname: "chat.example.com", port: 5222 }],
  ["xmpps://[2001:db8::1]:99", { scheme: "xmpps", hostname: "2001:db8::1", port: 99 }],
  ["ws://localhost:5280/ws", { scheme: "ws", hostname: "localhost", port: 5280 }],
  ["ws://127.0.0.1/ws", { scheme: "ws", hostname: "127.0.0.1", port: 80 }],
  ["ws://127.8.9.1/ws", { scheme: "ws", hostname: "127.8.9.1", port: 80 }],
  ["ws://[::1]:5280/ws", { scheme: "ws", hostname: "::1", port: 5280 }],
])("%s is a server", (url, target) => {
  expect(parseTarget(url)).toEqual({ ...target, url });
});

test.each([
  ...["ws://chat.example.com/ws", "ws://192.0.2.1/ws", "ws://0.0.0.0/ws", "ws://[::]/ws"],
  ...["ws://localhost.example.com/ws", "ws://127.0.0.1.example.com/ws", "ws://128.0.0.1/ws"],
  ...[
    "ws://localhost@example.com/ws",
    "ws://localhost:80@example.com/",
    "ws://example.com#localhost",
  ],
])("%s is none: the credential would be sent in clear text", (url) => {
  expect(() => parseTarget(url)).toThrow("a credential is sent without TLS to this machine alone");
});

test.each(["ws://", "https://localhost", "localhost", "ws:localhost"])("%s is none", (url) => {
  expect(() => parseTarget(url)).toThrow("name the server as wss://HOST/PATH");
});
