import { $pres, Strophe } from "strophe.js";
import { signIn, token } from "./sign-in.js";

const { profile } = await signIn();
const { AUTHFAIL, CONNECTED, DISCONNECTED } = Strophe.Status;
const connection = new Strophe.Connection("wss://chat.example.com/ws", {
  mechanisms: [Strophe.SASLOAuthBearer],
});
const jid = `${profile.preferred_username}@example.com`;
let isRefused = false;

// On each connection with the token of now; Strophe does not connect again by itself.
async function connect() {
  connection.connect(jid, await token(), (status) => {
    if (status === CONNECTED) connection.send($pres());
    else if (status === AUTHFAIL) isRefused = true;
    else if (status === DISCONNECTED && !isRefused) setTimeout(connect, 1000);
  });
}

await connect();
