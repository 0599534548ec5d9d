#define _GNU_SOURCE
/* Sends one HTTP request over and over on several connections at once, each as soon as the last reply is whole.
 * load PORT CONNECTIONS MILLISECONDS < REQUEST
 * Writes the requests answered in a second, and the median and the 99th percentile of their times in microseconds. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 256
#define MAX_REPLY 16384
#define MAX_TIMES 4000000

struct connection {
  int fd;
  double sent;
  size_t have;
  char reply[MAX_REPLY + 1];
};

static struct connection connections[MAX_CONNECTIONS];
static char request[MAX_REPLY];
static size_t request_size;
static float times[MAX_TIMES];
static size_t count;

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void fail(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

static void send_request(struct connection *c) {
  c->have = 0;
  c->sent = now_us();
  if (write(c->fd, request, request_size) != (ssize_t)request_size) fail("the request was not taken");
}

/* The bytes of a whole reply, or 0 while some are missing. */
static size_t reply_size(struct connection *c) {
  c->reply[c->have] = 0;
  char *end = strstr(c->reply, "\r\n\r\n");
  if (!end) return 0;
  if (strncmp(c->reply, "HTTP/1.1 200", 12) != 0) fail(c->reply);
  char *length = strcasestr(c->reply, "\r\ncontent-length:");
  if (!length || length > end) fail("a reply without Content-Length");
  size_t size = end + 4 - c->reply + strtoul(length + 17, NULL, 10);
  return c->have >= size ? size : 0;
}

static int by_size(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc != 4) fail("usage: load PORT CONNECTIONS MILLISECONDS < REQUEST");
  int number = atoi(argv[2]);
  if (number < 1 || number > MAX_CONNECTIONS) fail("too many connections");
  request_size = fread(request, 1, sizeof request, stdin);
  int poll = epoll_create1(0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  double start = now_us(), end = start + atof(argv[3]) * 1000;
  for (int i = 0; i < number; i++) {
    struct connection *c = &connections[i];
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) fail("cannot connect");
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event);
    send_request(c);
  }
  while (now_us() < end) {
    struct epoll_event events[MAX_CONNECTIONS];
    int ready = epoll_wait(poll, events, MAX_CONNECTIONS, 1000);
    if (ready == 0) fail("no reply for a second");
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      ssize_t got = read(c->fd, c->reply + c->have, MAX_REPLY - c->have);
      if (got <= 0) fail("a connection was closed");
      c->have += got;
      if (!reply_size(c)) continue;
      if (count < MAX_TIMES) times[count++] = now_us() - c->sent;
      send_request(c);
    }
  }
  double seconds = (now_us() - start) / 1e6;
  qsort(times, count, sizeof *times, by_size);
  printf("%.1f %.0f %.0f\n", count / seconds, times[count / 2], times[count - 1 - count / 100]);
}
