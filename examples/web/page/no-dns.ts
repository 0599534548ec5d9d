// What `@xmpp/client` 0.14 imports and a browser has not; with the address of a WebSocket it is not used.
export default {};
