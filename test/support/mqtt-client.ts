import mqtt from "mqtt";
import type { Service } from "./login.ts";

/**
 * Connects over MQTT 5 with mqtt.js, to the `/mqtt` beside a server's WebSocket, and leaves:
 * `connected`, or the code of the refusal.
 */
export async function connectMqtt(
  { url, ca }: Service,
  options: mqtt.IClientOptions,
): Promise<string | number> {
  const client = mqtt.connect(url.replace(/ws$/, "mqtt"), {
    protocolVersion: 5,
    reconnectPeriod: 0,
    connectTimeout: 20_000,
    wsOptions: { ca },
    ...options,
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
