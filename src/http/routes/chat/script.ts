/**
 * The script of the chat page. It starts Converse, which gets a credential from `/credentials` for each
 * connection. Where no user is signed in any more, the page is opened again, which leads to the sign-in.
 */
export const script = `const { service, signOut } = document.body.dataset;
const credentials = new URL("credentials", location.href).href;

// Opens the page again, for the sign-in; not over and over, if that does not help.
function signIn() {
  const last = Number(sessionStorage.getItem("mayfly-sign-in"));
  if (Date.now() - last < 15000) {
    document.body.textContent = "You are not signed in. Reload this page to try again.";
    return;
  }
  sessionStorage.setItem("mayfly-sign-in", String(Date.now()));
  location.reload();
}

converse.plugins.add("mayfly", {
  initialize() {
    const { api } = this._converse;
    let attempts = 0;
    const isIn = () => {
      attempts = 0;
    };
    api.listen.on("connected", isIn);
    api.listen.on("reconnected", isIn);
    api.listen.on("beforeFetchLoginCredentials", async (_, request) => {
      request.addEventListener("load", () => request.status === 401 && signIn());
      // Waits ever longer from one refusal to the next: servers ban an address after some.
      const wait = attempts ? 2000 * 2 ** Math.min(attempts, 5) : 0;
      attempts++;
      await new Promise((done) => setTimeout(done, wait));
      return request;
    });
    // One chat for one JID, where a link and a message make it at once: Converse would show
    // one of two, and the messages of the other only after the page is loaded again.
    const { create } = api.chatboxes;
    const underWay = new Map();
    api.chatboxes.create = (jid, ...rest) => {
      if (!underWay.has(jid)) {
        const made = api.chatboxes.get(jid).then((chat) => chat ?? create(jid, ...rest));
        underWay.set(jid, made.finally(() => underWay.delete(jid)));
      }
      return underWay.get(jid);
    };
    // /chat#bob@example.com opens the chat with Bob.
    const openChat = () => {
      const jid = decodeURIComponent(location.hash.slice(1));
      if (/^[^/]+@[^/]+$/.test(jid)) api.chats.open(jid, {}, true);
    };
    api.listen.on("chatBoxesFetched", openChat);
    addEventListener("hashchange", openChat);
    api.listen.on("logout", () => {
      if (signOut) location.assign(signOut);
    });
  },
});
converse.initialize({
  whitelisted_plugins: ["mayfly"],
  // Its keys would be lost with each sign-out; and no chat opens on a server without PEP.
  blacklisted_plugins: ["converse-omemo", "converse-omemo-views"],
  assets_path: new URL("chat/converse", location.href).pathname,
  authentication: "login",
  auto_login: true,
  auto_reconnect: true,
  allow_logout: Boolean(signOut),
  allow_registration: false,
  allow_user_trust_override: "off",
  clear_cache_on_logout: true,
  credentials_url: credentials,
  discover_connection_methods: false,
  websocket_url: service,
  connection_options: { mechanisms: [converse.env.Strophe.SASLPlain] },
  view_mode: "fullscreen",
});
`;
