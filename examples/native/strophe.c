/* cc strophe.c -lstrophe; the credential comes in XMPP_JID and XMPP_PASSWORD. */
#include <stdio.h>
#include <stdlib.h>
#include <strophe.h>

static void on_event(xmpp_conn_t *conn, xmpp_conn_event_t event, int error, xmpp_stream_error_t *stream_error, void *ctx) {
  (void)error;
  (void)stream_error;
  if (event == XMPP_CONN_CONNECT) {
    printf("logged in as %s\n", xmpp_conn_get_bound_jid(conn));
    xmpp_disconnect(conn);
  } else if (event == XMPP_CONN_DISCONNECT) {
    xmpp_stop(ctx);
  }
}

int main(void) {
  xmpp_initialize();
  xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, xmpp_get_default_logger(XMPP_LEVEL_ERROR));
  xmpp_conn_t *conn = xmpp_conn_new(ctx);
  xmpp_conn_set_flags(conn, XMPP_CONN_FLAG_MANDATORY_TLS);
  xmpp_conn_set_jid(conn, getenv("XMPP_JID"));
  xmpp_conn_set_pass(conn, getenv("XMPP_PASSWORD"));
  xmpp_connect_client(conn, "chat.example.com", 5222, on_event, ctx);
  xmpp_run(ctx);
  xmpp_conn_release(conn);
  xmpp_ctx_free(ctx);
  xmpp_shutdown();
}
