import { mayfly } from "mayfly/client";
import { createClient } from "stanza";

const login = mayfly({ url: "/credentials" });
let credential = await login.getCredential();
let refusals = 0;

const client = createClient({
  jid: credential.jid,
  transports: { websocket: "wss://chat.example.com/ws", bosh: false },
  autoReconnect: true,
});
for (const name of ["OAUTHBEARER", "X-OAUTH2"]) client.sasl.disable(name); // it would prefer them

// On each connection one that is good.
client.getCredentials = async () => {
  credential = await login.getCredential();
  const { username, password, authzid } = credential;
  return { username, password, authzid };
};
client.on("session:started", () => {
  refusals = 0;
  client.sendPresence();
});
client.on("auth:failed", () => {
  login.forget(credential);
  if (++refusals < 2) client.once("disconnected", () => client.connect());
});

client.connect();
