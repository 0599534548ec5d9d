import { expect, test } from "vitest";

// By the name that a user imports, from what was built.
const http = await import("mayfly/http");

test("mayfly/http has the face that its README names, and not what mayfly serve is made of", () => {
  expect(Object.keys(http).sort()).toEqual([
    ...[
      "Problem",
      "RateLimiter",
      "backchannelLogout",
      "credentials",
      "externalAuth",
      "guest",
      "jitsi",
      "nodeHandler",
    ],
    ...["oauthLookup", "opentokHeaders", "requestLogger", "revocations", "routes", "sessions"],
  ]);
});
