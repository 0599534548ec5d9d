/**
 * What `mayfly serve` answers over HTTP. Handed what it serves; knows no configuration.
 *
 * @module
 */
export { createApp } from "./app.ts";
export { Metrics } from "./metrics.ts";
export { type HttpListening, listenHttp } from "./server.ts";
