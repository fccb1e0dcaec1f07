// A library with the functions of Wintun 0.14, and those of Windows that are used with it, for Linux:
// what is sent comes back. It counts what a driver must not do: FakeMistakes().
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING_PACKETS 512
#define ERROR_HANDLE_EOF 38
#define ERROR_NO_MORE_ITEMS 259
#define ERROR_BUFFER_OVERFLOW 111
#define WAIT_TIMEOUT 258

typedef struct { uint8_t *data; uint32_t bytes; } Packet;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static Packet ring[RING_PACKETS];
static Packet allocated;
static uint8_t *lent;
static int first, count, is_set, waiting, mistakes, ended, is_over;
static int adapter, session, event;
static __thread uint32_t last_error;

void *WintunCreateAdapter(const uint16_t *name, const uint16_t *kind, void *guid) {
  static const uint16_t expected[] = {'v', 'c', 'l', 0xe4, 0};
  if (memcmp(name, expected, sizeof expected) != 0 || kind[0] != 'V' || kind[3] != 0 || !guid) mistakes++;
  return &adapter;
}
void *WintunOpenAdapter(const uint16_t *name) { (void)name; return 0; }
void WintunCloseAdapter(void *a) { if (a != &adapter || !ended) mistakes++; }
void *WintunStartSession(void *a, uint32_t bytes) {
  if (a != &adapter || bytes < 0x20000 || bytes > 0x4000000 || (bytes & (bytes - 1))) mistakes++;
  return &session;
}
void WintunEndSession(void *s) { if (s != &session || waiting || ended++) mistakes++; }
void *WintunGetReadWaitEvent(void *s) { if (s != &session) mistakes++; return &event; }
uint32_t WintunGetRunningDriverVersion(void) { return 0xe; }
uint32_t GetLastError(void) { return last_error; }
void RtlMoveMemory(void *to, const void *from, size_t bytes) { memmove(to, from, bytes); }

uint8_t *WintunReceivePacket(void *s, uint32_t *bytes) {
  if (s != &session || lent || ended) mistakes++;
  pthread_mutex_lock(&lock);
  if (count == 0) {
    pthread_mutex_unlock(&lock);
    last_error = is_over ? ERROR_HANDLE_EOF : ERROR_NO_MORE_ITEMS;
    return 0;
  }
  Packet packet = ring[first];
  first = (first + 1) % RING_PACKETS;
  count--;
  pthread_mutex_unlock(&lock);
  *bytes = packet.bytes;
  return lent = packet.data;
}
void WintunReleaseReceivePacket(void *s, uint8_t *packet) {
  if (s != &session || packet != lent) mistakes++;
  free(packet);
  lent = 0;
}
uint8_t *WintunAllocateSendPacket(void *s, uint32_t bytes) {
  if (s != &session || allocated.data || bytes > 0xffff) mistakes++;
  if (count == RING_PACKETS) {
    last_error = ERROR_BUFFER_OVERFLOW;
    return 0;
  }
  allocated.data = malloc(bytes);
  allocated.bytes = bytes;
  return allocated.data;
}
int SetEvent(void *e) {
  if (e != &event) mistakes++;
  pthread_mutex_lock(&lock);
  is_set = 1;
  pthread_cond_signal(&cond);
  pthread_mutex_unlock(&lock);
  return 1;
}
void WintunSendPacket(void *s, uint8_t *packet) {
  if (s != &session || packet != allocated.data) mistakes++;
  pthread_mutex_lock(&lock);
  ring[(first + count++) % RING_PACKETS] = allocated;
  pthread_mutex_unlock(&lock);
  allocated.data = 0;
  SetEvent(&event);
}
uint32_t WaitForSingleObject(void *e, uint32_t ms) {
  struct timespec end;
  int error = 0;
  if (e != &event || ended) mistakes++;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_nsec += (long)ms * 1000000;
  end.tv_sec += end.tv_nsec / 1000000000;
  end.tv_nsec %= 1000000000;
  pthread_mutex_lock(&lock);
  waiting++;
  while (!is_set && !error) error = pthread_cond_timedwait(&cond, &lock, &end);
  is_set = 0;
  waiting--;
  pthread_mutex_unlock(&lock);
  return error ? WAIT_TIMEOUT : 0;
}

int FakeMistakes(void) { return mistakes; }
int FakeOpenPackets(void) { return count + (lent != 0) + (allocated.data != 0); }
void FakeRemove(void) { is_over = 1; SetEvent(&event); }
