/*
 * Asks programs as ejabberd asks its extauth_program: over two pipes, one process each, and measures.
 * All are started, warmed up, and then asked by turns: whatever else the machine does hits all alike.
 *
 *   driver first ROUNDS                 (NAME REQUESTS COMMAND)...
 *   driver turns ROUNDS BATCH WINDOW    (NAME REQUESTS COMMAND)...
 *   driver woken ROUNDS BATCH PAUSE     (NAME REQUESTS COMMAND)...
 *
 * REQUESTS is a file of frames, asked round and round; each must be answered with yes. COMMAND is for the
 * shell, which execs it. WINDOW is how many requests are sent before the first answer is waited for. PAUSE
 * is how many microseconds the driver computes before each request, with the caches full of its own data.
 *
 * Prints JSON lines with nanoseconds, on the clock and of the processor. `first`: from the start to the
 * first answer, or to the end of a program that gives none. `turns`: for a request; the processor's are
 * those of the program, and of the processes that it has started. `woken`: a line for each request; the
 * processor's are all that the program has used until it is asked again, the pause included.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 64
#define FAMILY 16

struct program {
  const char *name, *command;
  char *requests, *next, *end;
  pid_t pid, family[FAMILY];
  int members, to, from;
};

static struct program programs[MOST];
static int count;

static long long nanoseconds(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) != 0) return 0;
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void load(struct program *p, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) err(1, "%s", path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  p->next = p->requests = malloc(size);
  p->end = p->requests + size;
  if (fread(p->requests, 1, size, file) != (size_t)size) err(1, "%s", path);
  fclose(file);
}

static void start(struct program *p) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) err(1, "pipe");
  p->pid = fork();
  if (p->pid < 0) err(1, "fork");
  if (p->pid == 0) {
    char *line;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], 0);
    dup2(out[1], 1);
    if (asprintf(&line, "exec %s", p->command) < 0) _exit(127);
    execl("/bin/sh", "sh", "-c", line, (char *)0);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  p->to = in[1];
  p->from = out[0];
}

/* Gives the nanoseconds that it has had of the processor. */
static long long stop(struct program *p) {
  struct rusage usage;
  close(p->to);
  close(p->from);
  kill(p->pid, SIGKILL);
  if (wait4(p->pid, 0, 0, &usage) < 0) err(1, "wait4");
  return 1000000000LL * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1000LL * (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* Sends so many requests at once. */
static void ask(struct program *p, int requests) {
  static char bytes[1 << 16];
  size_t length = 0;
  while (requests-- > 0) {
    size_t size = 2 + ((unsigned char)p->next[0] << 8) + (unsigned char)p->next[1];
    if (length + size > sizeof bytes) errx(1, "the window is too wide");
    memcpy(bytes + length, p->next, size);
    length += size;
    p->next += size;
    if (p->next >= p->end) p->next = p->requests;
  }
  if (write(p->to, bytes, length) != (ssize_t)length) err(1, "%s: write", p->name);
}

/* Takes so many answers; false at the end of a program that gives none. */
static int answered(struct program *p, int requests) {
  char bytes[4096];
  int expected = 4 * requests, got = 0;
  while (got < expected) {
    ssize_t size = read(p->from, bytes + got, expected - got);
    if (size <= 0) return 0;
    got += size;
  }
  for (int at = 0; at < expected; at += 4)
    if (memcmp(bytes + at, "\0\2\0\1", 4) != 0) errx(1, "%s: an answer is not yes", p->name);
  return 1;
}

static void run(struct program *p, int requests, int window) {
  for (int done = 0; done < requests; done += window) {
    ask(p, window);
    if (!answered(p, window)) errx(1, "%s: it has ended", p->name);
  }
}

/* The program, and all that it has started. */
static void gather(struct program *p) {
  p->family[0] = p->pid;
  p->members = 1;
  for (int member = 0; member < p->members; member++) {
    char path[64];
    int child;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", p->family[member], p->family[member]);
    FILE *file = fopen(path, "r");
    while (file && p->members < FAMILY && fscanf(file, "%d", &child) == 1)
      p->family[p->members++] = child;
    if (file) fclose(file);
  }
}

static long long processor(struct program *p) {
  long long sum = 0;
  for (int member = 0; member < p->members; member++) {
    clockid_t clock;
    if (clock_getcpuclockid(p->family[member], &clock) == 0) sum += nanoseconds(clock);
  }
  return sum;
}

static void first(int rounds) {
  for (int round = 0; round < rounds; round++)
    for (struct program *p = programs; p < programs + count; p++) {
      long long started = nanoseconds(CLOCK_MONOTONIC);
      start(p);
      ask(p, 1);
      answered(p, 1);
      long long taken = nanoseconds(CLOCK_MONOTONIC) - started;
      printf("{\"name\":\"%s\",\"wall\":%lld,\"cpu\":%lld}\n", p->name, taken, stop(p));
    }
}

static void turns(int rounds, int batch, int window) {
  for (struct program *p = programs; p < programs + count; p++) {
    start(p);
    run(p, 3 * batch, window);
    gather(p);
  }
  for (int round = 0; round < rounds; round++)
    for (struct program *p = programs; p < programs + count; p++) {
      run(p, window, window); /* wakes it */
      long long used = processor(p), started = nanoseconds(CLOCK_MONOTONIC);
      run(p, batch, window);
      double wall = nanoseconds(CLOCK_MONOTONIC) - started;
      printf("{\"name\":\"%s\",\"wall\":%.0f,\"cpu\":%.0f}\n", p->name, wall / batch,
             (double)(processor(p) - used) / batch);
    }
  for (struct program *p = programs; p < programs + count; p++) stop(p);
}

/* Computes on more data than the caches hold, as a busy server does while its program waits. */
static void work(long long pause) {
  static volatile char data[8 << 20];
  static size_t at;
  long long end = nanoseconds(CLOCK_MONOTONIC) + pause;
  while (nanoseconds(CLOCK_MONOTONIC) < end)
    for (int lines = 0; lines < 4096; lines++) data[at = (at + 64) % sizeof data]++;
}

static void woken(int rounds, int batch, long long pause) {
  for (struct program *p = programs; p < programs + count; p++) {
    start(p);
    run(p, 10000, 1); /* it is compiled by then, */
    gather(p);
  }
  for (int nth = 0; nth < 50 * rounds; nth++) { /* and what it does after a wait, too */
    usleep(11000);
    for (struct program *p = programs; p < programs + count; p++) run(p, 1, 1);
  }
  for (int round = 0; round < rounds; round++)
    for (struct program *p = programs; p < programs + count; p++)
      for (int nth = -1; nth < batch; nth++) {
        long long used = processor(p);
        work(pause);
        long long started = nanoseconds(CLOCK_MONOTONIC);
        run(p, 1, 1);
        long long wall = nanoseconds(CLOCK_MONOTONIC) - started;
        usleep(200); /* it may have something to do after its answer */
        if (nth < 0) continue; /* it has waited for longer than the others */
        printf("{\"name\":\"%s\",\"wall\":%lld,\"cpu\":%lld}\n", p->name, wall,
               processor(p) - used);
      }
  for (struct program *p = programs; p < programs + count; p++) stop(p);
}

int main(int argc, char **argv) {
  int options = argc > 1 && strcmp(argv[1], "first") != 0 ? 5 : 3;
  if (argc < options + 3) errx(2, "see the top of driver.c");
  signal(SIGPIPE, SIG_IGN);
  for (char **arg = argv + options; arg + 2 < argv + argc && count < MOST; arg += 3) {
    struct program *p = &programs[count++];
    p->name = arg[0];
    p->command = arg[2];
    load(p, arg[1]);
  }
  int rounds = atoi(argv[2]);
  if (strcmp(argv[1], "turns") == 0) turns(rounds, atoi(argv[3]), atoi(argv[4]));
  else if (strcmp(argv[1], "woken") == 0) woken(rounds, atoi(argv[3]), 1000LL * atoi(argv[4]));
  else first(rounds);
  return 0;
}
