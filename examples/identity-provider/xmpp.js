import { client, xml } from "@xmpp/client";
import { mayfly } from "mayfly/client";
import { signIn, token } from "./sign-in.js";

await signIn();
const login = mayfly({ token, exchange: "/credentials" });
const xmpp = client({
  service: "wss://chat.example.com/ws",
  domain: "example.com",
  credentials: login.credentials,
});
login.install(xmpp);
xmpp.on("online", () => xmpp.send(xml("presence")));
xmpp.on("error", (error) => console.error(error));
await xmpp.start();
