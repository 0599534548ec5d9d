import { check } from "./check/index.ts";
import { completion } from "./completion/index.ts";
import { doctor } from "./doctor.ts";
import { explain } from "./explain.ts";
import { extauth } from "./extauth.ts";
import { init } from "./init/index.ts";
import { keys } from "./keys/index.ts";
import { mint } from "./mint.ts";
import { revoke } from "./revoke.ts";
import { selftest } from "./selftest.ts";
import { serve } from "./serve.ts";
import { sessions } from "./sessions.ts";
import { verify } from "./verify.ts";

/** The commands, in the order of the help. What only some of them need is loaded when they run. */
export const commands = {
  init,
  keys,
  mint,
  verify,
  explain,
  revoke,
  sessions,
  check,
  extauth,
  serve,
  doctor,
  selftest,
  completion,
};
