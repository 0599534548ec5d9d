/** Who is signed in by now. */
export async function current<Session>(): Promise<Session | null> {
  const response = await fetch("/session");
  return response.ok ? response.json() : null;
}

/**
 * Signs in with a name.
 *
 * @throws Error that says what is wrong with it.
 */
export async function signIn<Session>(user: string): Promise<Session> {
  const response = await fetch("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user }),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

/** Signs out. */
export async function signOut(): Promise<void> {
  await fetch("/session", { method: "DELETE" });
}
