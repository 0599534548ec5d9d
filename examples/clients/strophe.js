import { mayfly } from "mayfly/client";
import { $pres, Strophe } from "strophe.js";

const login = mayfly({ url: "/credentials" });
const connection = new Strophe.Connection("wss://chat.example.com/ws", {
  mechanisms: [Strophe.SASLPlain], // for the others there is no password
});
const { AUTHFAIL, CONNECTED, DISCONNECTED } = Strophe.Status;
let refusals = 0;
let timer;

// On each connection with a credential that is good; Strophe does not connect again by itself.
async function connect() {
  const credential = await login.getCredential();
  const { jid, username, password } = credential;
  const onStatus = (status) => {
    if (status === CONNECTED) {
      refusals = 0;
      connection.send($pres());
    } else if (status === AUTHFAIL) {
      refusals++;
      login.forget(credential);
      connection.disconnect();
    } else if (status === DISCONNECTED && refusals < 2) {
      clearTimeout(timer); // it may say so twice
      timer = setTimeout(connect, 1000);
    }
  };
  connection.connect(jid, password, onStatus, undefined, undefined, undefined, username);
}

await connect();
