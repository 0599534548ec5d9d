import { expect, test } from "vitest";

// By the name that a user imports, from what was built.
const http = await import("mayfly/http");

test("mayfly/http has the face that its README names, and what mayfly serve is made of", () => {
  expect(Object.keys(http).sort()).toEqual([
    ...["History", "Limiter", "Metrics", "Problem", "auth", "createApp", "credentials", "jitsi"],
    ...["listenHttp", "nodeHandler", "oauthLookup", "observed", "opentokHeaders", "routes"],
  ]);
});
