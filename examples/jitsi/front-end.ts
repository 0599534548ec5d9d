/** What `<script src="https://meet.example.com/external_api.js">` brings, as far as it is used here. */
declare const JitsiMeetExternalAPI: new (
  domain: string,
  options: { roomName: string; jwt: string; parentNode: unknown },
) => object;

/**
 * Opens a room of Jitsi Meet in the page, for who is signed in at the app. The token stays between the
 * app and Jitsi: it is in no address that the page has. It is needed to enter and not to stay, so that
 * minutes are enough; who comes again gets another.
 */
export async function join(roomName: string, parentNode: unknown): Promise<object> {
  const answer = await fetch(`/jitsi/room-token?room=${encodeURIComponent(roomName)}`);
  if (!answer.ok) throw new Error(`no token for ${roomName}: ${await answer.text()}`);
  const { token: jwt } = (await answer.json()) as { token: string };
  return new JitsiMeetExternalAPI("meet.example.com", { roomName, jwt, parentNode });
}
