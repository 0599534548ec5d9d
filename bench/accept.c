/* The floor: answers yes to whatever is asked, without a look at it. No program can do less. */
#include <unistd.h>

int main(void) {
  static unsigned char frame[2 + 65535];
  size_t have = 0;
  for (;;) {
    ssize_t got = read(0, frame + have, sizeof frame - have);
    if (got <= 0) return 0;
    have += got;
    size_t at = 0;
    while (have - at >= 2 && have - at >= 2u + (frame[at] << 8) + frame[at + 1]) {
      at += 2 + (frame[at] << 8) + frame[at + 1];
      if (write(1, "\0\2\0\1", 4) != 4) return 1;
    }
    have -= at;
    for (size_t byte = 0; byte < have && at > 0; byte++) frame[byte] = frame[at + byte];
  }
}
