/** A configuration that cannot be used; the message names the file, the option and the fix. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly code = "ERR_CONFIG";
}
