import { UserManager } from "oidc-client-ts";

const users = new UserManager({
  authority: "https://id.example.com",
  client_id: "page",
  redirect_uri: location.origin + location.pathname,
  post_logout_redirect_uri: location.origin + location.pathname,
  scope: "openid profile offline_access", // the last for renewal without a frame
});

/** Gives the signed-in user; else goes to the provider, which leads back to this page (code and PKCE). */
export async function signIn() {
  if (new URLSearchParams(location.search).has("code")) {
    const user = await users.signinRedirectCallback();
    history.replaceState(null, "", location.pathname);
    return user;
  }
  const user = await users.getUser();
  if (user && !user.expired) return user;
  await users.signinRedirect();
  return new Promise(() => {}); // the browser leaves the page
}

/** The access token of now: renewed, where it is over. */
export async function token() {
  const user = await users.getUser();
  const current = user?.expired ? await users.signinSilent() : user;
  return current?.access_token;
}

/** Signs out, here and at the provider. */
export function signOut() {
  return users.signoutRedirect();
}
