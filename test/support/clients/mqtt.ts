import mqtt from "mqtt";

/**
 * Connects over MQTT 5 with mqtt.js, and leaves: `connected`, or the code of the refusal.
 *
 * @param url - `mqtts:`, or `wss:` with the path of the listener
 * @param ca - the certificate to trust, PEM
 */
export async function mqttOutcome(
  { url, ca }: { url: string; ca: string },
  login: mqtt.IClientOptions,
): Promise<string | number> {
  const client = mqtt.connect(url, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    connectTimeout: 20_000,
    ca,
    wsOptions: { ca },
    ...login,
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
