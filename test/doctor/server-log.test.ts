import { expect, test } from "vitest";
import { addressesInLog, isLoopback, realAddress } from "../../src/doctor/server-log.ts";

const head = "2026-11-29 13:35:35.666496+00:00 [info] <0.477.0>@ejabberd_c2s:";
const accepted = (jid: string, address: string) =>
  `${head}handle_auth_success/4:475 (websocket|<0.476.0>) Accepted c2s PLAIN authentication for ${jid} by external backend from ${address}`;
const failed = (jid: string, address: string) =>
  `${head}handle_auth_failure/4:488 (websocket|<0.476.0>) Failed c2s PLAIN authentication for ${jid} from ${address}: Invalid username or password`;

const login = { path: "/var/log/ejabberd/ejabberd.log", localpart: "alice", host: "example.com" };
const read = (...lines: string[]) => realAddress({ ...login, text: lines.join("\n") });

test("the addresses of doctor's logins are read, and of nobody else", () => {
  const text = [
    accepted("alice@example.com", "::ffff:203.0.113.5"),
    failed("mayfly-doctor-1f@example.com", "2001:db8::1"),
    accepted("bob@example.com", "198.51.100.1"),
    accepted("alice@example.net", "198.51.100.2"),
  ].join("\n");
  expect(addressesInLog({ ...login, text })).toEqual(["203.0.113.5", "2001:db8::1"]);
});

test("logins that all have the address of a proxy are reported", () => {
  const lines = [
    accepted("alice@example.com", "::ffff:127.0.0.1"),
    failed("mayfly-doctor-1f@example.com", "::1"),
    accepted("bob@example.com", "203.0.113.9"),
  ];
  expect(read(...lines)).toMatchObject([
    {
      code: "real-address",
      severity: "error",
      what: "the server's log has 127.0.0.1 and ::1 for logins from the network",
      where: "/var/log/ejabberd/ejabberd.log",
    },
  ]);
});

test("an address that arrives is not, nor a log without these logins", () => {
  expect(read(accepted("alice@example.com", "203.0.113.5"))).toEqual([]);
  expect(read(accepted("bob@example.com", "127.0.0.1"))).toEqual([]);
  expect(read("")).toEqual([]);
});

test.each([
  ["127.0.0.1", true],
  ["::1", true],
  ["10.0.0.1", false],
  ["128.0.0.1", false],
])("%s is of loopback: %s", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
