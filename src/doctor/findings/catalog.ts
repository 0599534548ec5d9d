import { connectionFindings } from "./catalog/connection.ts";
import { loginFindings } from "./catalog/login.ts";
import { programFindings } from "./catalog/program.ts";
import { settingsFindings } from "./catalog/settings.ts";

export type { Kind, Severity } from "./remedy.ts";

/** Every finding code, with its severity, why it matters, and what fixes it. */
export const findingCatalog = {
  ...connectionFindings,
  ...loginFindings,
  ...settingsFindings,
  ...programFindings,
};

/** The name of a finding. Codes are stable. */
export type Code = keyof typeof findingCatalog;
