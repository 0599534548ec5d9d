/*
 * The floor: answers yes to whatever is asked, without a look at it. No program can do less.
 *
 *   accept [LOG]     with a log: a line as long as Mayfly's for each answer, written before it
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char line[] =
    "{\"level\":\"info\",\"time\":1795969201520,\"pid\":12756,\"op\":\"auth\",\"user\":\"user42\",\"host\":"
    "\"example.org\",\"ok\":true,\"key\":\"mojoauth\",\"format\":\"mojoauth\",\"ms\":0.025,\"msg\":\"accepted\"}\n";

int main(int argc, char **argv) {
  static unsigned char frame[2 + 65535];
  size_t have = 0;
  int log = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0640) : -1;
  if (argc > 1 && log < 0) return 1;
  for (;;) {
    ssize_t got = read(0, frame + have, sizeof frame - have);
    if (got <= 0) return 0;
    have += got;
    size_t at = 0;
    while (have - at >= 2 && have - at >= 2u + (frame[at] << 8) + frame[at + 1]) {
      at += 2 + (frame[at] << 8) + frame[at + 1];
      if (log >= 0 && write(log, line, strlen(line)) < 0) return 1;
      if (write(1, "\0\2\0\1", 4) != 4) return 1;
    }
    have -= at;
    for (size_t byte = 0; byte < have && at > 0; byte++) frame[byte] = frame[at + byte];
  }
}
