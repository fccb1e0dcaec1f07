/*
 * Joins two network namespaces by a cable with delay and loss, for kernels without netem: a TAP in
 * each, and this program between them. What is lost follows from the seed and the order of arrival.
 *
 *   emulator SEED  NAMESPACE DEVICE DELAY_MICROS LOSS_PPM  NAMESPACE DEVICE DELAY_MICROS LOSS_PPM
 *
 * Delay and loss stand with the end that sends. It prints `ready`, runs until SIGTERM, and then prints
 * for either direction how many frames came, were lost on purpose, found no room, and were refused.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* 2,048 bytes hold a frame of a link of 1,500; 65,536 of them are 20 ms at 38 Gbit/s. */
#define FRAME_BYTES 2046
#define RING_FRAMES 65536
#define BATCH 64
/* A wire that wakes for each frame would take a core of the few that it shares with what it carries. */
#define GRAIN_NANOS 50000

struct frame {
  uint16_t length;
  uint8_t bytes[FRAME_BYTES];
};

struct direction {
  uint64_t delay_nanos;
  uint64_t loss_ppm;
  uint64_t random;
  uint64_t came, lost, full, refused;
  uint32_t head, tail;
  uint64_t *due;
  struct frame *ring;
};

static volatile sig_atomic_t is_over;

static void on_signal(int number) {
  (void)number;
  is_over = 1;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now_nanos(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static void open_direction(struct direction *way, const char *delay, const char *loss, uint64_t seed) {
  memset(way, 0, sizeof *way);
  way->delay_nanos = strtoull(delay, NULL, 10) * 1000;
  way->loss_ppm = strtoull(loss, NULL, 10);
  way->random = seed;
  way->due = calloc(RING_FRAMES, sizeof *way->due);
  way->ring = calloc(RING_FRAMES, sizeof *way->ring);
  if (way->due == NULL || way->ring == NULL) fail("memory for a ring");
}

/* A TAP belongs to the namespace that its maker is in. */
static int open_tap(const char *name_space, const char *device) {
  char path[128];
  snprintf(path, sizeof path, "/var/run/netns/%s", name_space);
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  int there = open(path, O_RDONLY | O_CLOEXEC);
  if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) != 0) fail(path);
  int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request;
  memset(&request, 0, sizeof request);
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0) fail("TUNSETIFF");
  if (setns(home, CLONE_NEWNET) != 0) fail("setns back");
  close(there);
  close(home);
  return tap;
}

static void take(struct direction *way, int from, uint64_t now) {
  for (int i = 0; i < BATCH; i++) {
    struct frame *frame = &way->ring[way->head % RING_FRAMES];
    static uint8_t waste[FRAME_BYTES];
    int is_full = way->head - way->tail == RING_FRAMES;
    ssize_t length = read(from, is_full ? waste : frame->bytes, FRAME_BYTES);
    if (length <= 0) return;
    way->came++;
    if (next_random(&way->random) % 1000000u < way->loss_ppm) {
      way->lost++;
    } else if (is_full) {
      way->full++;
    } else {
      frame->length = (uint16_t)length;
      way->due[way->head++ % RING_FRAMES] = now + way->delay_nanos;
    }
  }
}

/* Not without end: what comes in meanwhile waits in a queue of the kernel, which is short. */
static void give(struct direction *way, int to, uint64_t now) {
  for (int i = 0; i < BATCH && way->tail != way->head; i++) {
    uint32_t at = way->tail % RING_FRAMES;
    if (way->due[at] > now) return;
    if (write(to, way->ring[at].bytes, way->ring[at].length) < 0) way->refused++;
    way->tail++;
  }
}

/* How long there is nothing to give: for ever when nothing is under way. */
static struct timespec *wait_for(struct direction ways[2], struct timespec *wait) {
  uint64_t next = UINT64_MAX;
  for (int i = 0; i < 2; i++) {
    if (ways[i].tail == ways[i].head) continue;
    uint64_t due = ways[i].due[ways[i].tail % RING_FRAMES];
    if (due < next) next = due;
  }
  if (next == UINT64_MAX) return NULL;
  uint64_t now = now_nanos();
  uint64_t nanos = next > now ? next - now : 0;
  if (nanos > 0 && nanos < GRAIN_NANOS) nanos = GRAIN_NANOS;
  wait->tv_sec = (time_t)(nanos / 1000000000u);
  wait->tv_nsec = (long)(nanos % 1000000000u);
  return wait;
}

int main(int count, char **argument) {
  if (count != 10) {
    fprintf(stderr, "usage: emulator SEED (NAMESPACE DEVICE DELAY_MICROS LOSS_PPM) twice\n");
    return 2;
  }
  uint64_t seed = strtoull(argument[1], NULL, 10);
  struct direction ways[2];
  open_direction(&ways[0], argument[4], argument[5], seed);
  open_direction(&ways[1], argument[8], argument[9], ~seed);
  int taps[2] = {open_tap(argument[2], argument[3]), open_tap(argument[6], argument[7])};
  prctl(PR_SET_TIMERSLACK, 1000);
  signal(SIGTERM, on_signal);
  signal(SIGINT, SIG_IGN);
  printf("ready\n");
  fflush(stdout);
  struct pollfd polled[2] = {{taps[0], POLLIN, 0}, {taps[1], POLLIN, 0}};
  while (!is_over) {
    struct timespec wait;
    if (ppoll(polled, 2, wait_for(ways, &wait), NULL) < 0 && errno != EINTR) fail("ppoll");
    uint64_t now = now_nanos();
    for (int i = 0; i < 2; i++) {
      if (polled[i].revents & POLLIN) take(&ways[i], taps[i], now);
      give(&ways[i], taps[1 - i], now);
    }
  }
  for (int i = 0; i < 2; i++) {
    printf("%llu %llu %llu %llu\n", (unsigned long long)ways[i].came, (unsigned long long)ways[i].lost,
           (unsigned long long)ways[i].full, (unsigned long long)ways[i].refused);
  }
  return 0;
}
