/** Who is signed in to the app server, and where they chat. */
export interface Session {
  user: string;
  host: string;
  service: string;
}
