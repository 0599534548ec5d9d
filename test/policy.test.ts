import { expect, test } from "vitest";
import { Policies } from "../src/policy.ts";

test("policies have no host that would never be found", () => {
  for (const written of ["Example.com", "example.com.", "EXAMPLE.com"]) {
    const message = `the host ${written} must be written example.com`;
    expect(() => new Policies({ "*": {}, [written]: { ttl: 60 } })).toThrow(
      expect.objectContaining({ code: "ERR_HOST", message }),
    );
  }
  const policies = new Policies({ "example.com": { ttl: 60 }, "bücher.example": {}, "*": {} });
  expect(policies.forHost("example.com")?.ttl).toBe(60);
});
