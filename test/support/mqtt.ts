import mqtt from "mqtt";
import type { C2s } from "./c2s.ts";

/**
 * Connects over MQTT 5 with a token, and leaves: `connected`, or the code of the refusal.
 */
export async function mqttOutcome(
  { port, ca }: C2s,
  username: string,
  token: string,
): Promise<string | number> {
  const client = mqtt.connect(`mqtts://localhost:${port}`, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    connectTimeout: 20_000,
    ca,
    username,
    properties: { authenticationMethod: "X-OAUTH2", authenticationData: Buffer.from(token) },
  });
  try {
    return await new Promise((resolve, reject) => {
      client.on("connect", () => resolve("connected"));
      client.on("error", (error) =>
        "code" in error && typeof error.code === "number" ? resolve(error.code) : reject(error),
      );
    });
  } finally {
    await client.endAsync(true);
  }
}
