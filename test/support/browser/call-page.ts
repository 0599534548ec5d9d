import { untilPage, type Visit } from "./visit.ts";

/** A light of the page of `examples/call`, and what it says. */
export interface Light {
  light: string | null;
  reason: string | null;
}

/** The lights of XMPP, SIP and TURN, in this order. */
export function lights({ page }: Visit): Promise<Light[]> {
  const of = async (service: string) => ({
    light: await page.locator(`#${service}`).getAttribute("data-light"),
    reason: await page.locator(`#${service}-reason`).textContent(),
  });
  return Promise.all(["xmpp", "sip", "turn"].map(of));
}

/** Waits until all three lights are the same, and gives what they say. */
export async function untilAll(visit: Visit, light: "good" | "bad"): Promise<(string | null)[]> {
  const settled = await untilPage(async () => {
    const all = await lights(visit);
    return all.every((it) => it.light === light) && all;
  });
  return settled.map(({ reason }) => reason);
}

/** Presses a button. */
export function press({ page }: Visit, name: string): Promise<void> {
  return page.getByRole("button", { name, exact: true }).click();
}

/** Waits until a page says this of the other's presence, or of the call. */
export async function says({ page }: Visit, what: "Presence" | "Call", text: string) {
  const status = page.getByRole("status", { name: what, exact: true });
  await untilPage(async () => (await status.textContent()) === text && status.isVisible());
}

/** Has one call another, who answers. */
export async function call(caller: Visit, callee: Visit, [from, to]: [string, string]) {
  await press(caller, `Call ${to}`);
  await says(callee, "Call", `${from} calls`);
  await press(callee, "Answer");
  await says(caller, "Call", `In a call with ${to}`);
  await says(callee, "Call", `In a call with ${from}`);
}

/** Waits until no call is shown. */
export async function untilIdle({ page }: Visit): Promise<void> {
  await untilPage(() => page.getByRole("button", { name: /^Call / }).isVisible());
}
