// A flood of datagrams for 127.0.0.1, at a rate that the clock sets and not the server, cheap enough for 100,000 a second
// beside the server on two processors. It has no cryptography: what it says was sealed or encoded before it began.
//
// Usage: flood PORT RATE SECONDS FIRST COUNT once|answers < speech. SIGTERM ends it early; no flood lasts longer than
// SECONDS_MAX. With a descriptor 3 it sends from that socket, else from one of its own. Prints "flooding", and at its end "begun N
// seconds S": datagrams, or handshakes.
//
// Each datagram comes from a device: an address `FIRST_ADDRESS + number`, as in crowd.c. The numbers FIRST to FIRST + COUNT
// are those of strangers, one after the other. The speech, numbers little-endian, again and again to its end:
//
//   device 4 | length 2 | patches 2 | patches times: offset 2, length 2, letters 2 | the datagram
//
// A device of ANY is the next stranger. A patch is filled with bytes that device and turn decide, from `a` to `p` where
// letters is not 0. With `once` the datagrams are sent in turn. With `answers` the speech is a client's flights, and each
// stranger begins with the first: a HelloVerifyRequest is answered with the second, its cookie copied into it, and a
// ServerHello with the third, as far as there is one. A stranger's patches are the same in all of its flights.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define DATAGRAM_MAX 65507
#define SLOT 2048
#define FIRST_ADDRESS 0x7f100000u
#define DEVICES_MAX 0x00e00000u
#define ANY 0xffffffffu
#define PATCHES_MAX 4
#define ENTRIES_MAX 65536
#define SECONDS_MAX 120
#define SOCKET_BUFFER (16 << 20)
#define GIVEN_SOCKET 3
// How long it sleeps between two bursts, and how much of a delay it makes good.
#define PAUSE_NS 250000
#define ARREARS_SECONDS 0.02

// Where a HelloVerifyRequest has its cookie's length, and a ClientHello without session_id its own (RFC 6347 4.2.1).
#define HANDSHAKE_TYPE_AT 13
#define VERIFY_COOKIE_AT 27
#define HELLO_COOKIE_AT 60
#define HELLO_VERIFY_REQUEST 3
#define SERVER_HELLO 2

typedef struct {
  uint32_t device;
  uint16_t length;
  uint16_t patch_count;
  struct {
    uint16_t offset, length, letters;
  } patches[PATCHES_MAX];
  uint8_t *bytes;
} entry;

static entry entries[ENTRIES_MAX];
static size_t entry_count;
static volatile sig_atomic_t stopped;

static int fd;
static struct sockaddr_in server;
static struct mmsghdr out[BATCH];
static struct iovec vectors[BATCH];
static uint8_t *slots[BATCH];
static union {
  char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
  struct cmsghdr aligned;
} controls[BATCH];
static int pending;

static void stop(int signal_number) {
  (void)signal_number;
  stopped = 1;
}

static bool take(void *target, size_t length) { return fread(target, 1, length, stdin) == length; }

static void read_speech(void) {
  uint32_t device;
  while (take(&device, sizeof device)) {
    if (entry_count == ENTRIES_MAX) exit(2);
    entry *e = &entries[entry_count++];
    e->device = device;
    if (!take(&e->length, 2) || !take(&e->patch_count, 2) || e->patch_count > PATCHES_MAX || e->length > DATAGRAM_MAX) exit(2);
    for (int i = 0; i < e->patch_count; i++) {
      if (!take(&e->patches[i], sizeof e->patches[i])) exit(2);
      if (e->patches[i].offset + e->patches[i].length > e->length) exit(2);
    }
    e->bytes = malloc(e->length);
    if (e->bytes == NULL || !take(e->bytes, e->length)) exit(2);
  }
  if (entry_count == 0) exit(2);
}

static uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

static void patch(const entry *e, uint8_t *bytes, uint64_t seed) {
  for (int i = 0; i < e->patch_count; i++) {
    uint8_t *at = bytes + e->patches[i].offset;
    for (int done = 0; done < e->patches[i].length; done += 8) {
      uint64_t word = seed = mixed(seed + 0x9e3779b97f4a7c15u);
      for (int k = 0; k < 8 && done + k < e->patches[i].length; k++, word >>= 8) {
        at[done + k] = e->patches[i].letters ? (uint8_t)('a' + (word & 15)) : (uint8_t)word;
      }
    }
  }
}

static void flush(void) {
  for (int done = 0; done < pending;) {
    int more = sendmmsg(fd, out + done, (unsigned)(pending - done), 0);
    if (more > 0) done += more;
    // What the system does not take is lost, as on any network.
    else if (errno != EINTR) done++;
  }
  pending = 0;
}

// Gives back the datagram's bytes, to be changed before the next flush.
static uint8_t *say(const entry *e, uint32_t device, uint64_t seed) {
  if (pending == BATCH) flush();
  uint8_t *bytes = slots[pending];
  memcpy(bytes, e->bytes, e->length);
  patch(e, bytes, seed);
  vectors[pending] = (struct iovec){bytes, e->length};
  struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(CMSG_FIRSTHDR(&out[pending].msg_hdr));
  info->ipi_spec_dst.s_addr = htonl(FIRST_ADDRESS + device);
  pending++;
  return bytes;
}

// What a device's answer calls for, if anything.
static void follow(const uint8_t *answer, size_t length, uint32_t device) {
  if (length <= VERIFY_COOKIE_AT) return;
  uint8_t type = answer[HANDSHAKE_TYPE_AT];
  if (type == HELLO_VERIFY_REQUEST && entry_count > 1) {
    const entry *hello = &entries[1];
    uint8_t cookie_length = answer[VERIFY_COOKIE_AT];
    if (hello->bytes[HELLO_COOKIE_AT] != cookie_length || VERIFY_COOKIE_AT + 1u + cookie_length > length) return;
    memcpy(say(hello, device, device) + HELLO_COOKIE_AT + 1, answer + VERIFY_COOKIE_AT + 1, cookie_length);
  } else if (type == SERVER_HELLO && entry_count > 2) {
    say(&entries[2], device, device);
  }
}

static void read_answers(void) {
  static uint8_t bytes[BATCH][SLOT];
  static struct mmsghdr in[BATCH];
  static struct iovec in_vectors[BATCH];
  static union {
    char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
    struct cmsghdr aligned;
  } in_controls[BATCH];
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      in_vectors[i] = (struct iovec){bytes[i], SLOT};
      in[i].msg_hdr = (struct msghdr){.msg_iov = &in_vectors[i], .msg_iovlen = 1,
                                      .msg_control = &in_controls[i], .msg_controllen = sizeof in_controls[i]};
    }
    int received = recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < received; i++) {
      struct cmsghdr *control = CMSG_FIRSTHDR(&in[i].msg_hdr);
      if (control == NULL || control->cmsg_type != IP_PKTINFO) continue;
      uint32_t device = ntohl(((struct in_pktinfo *)CMSG_DATA(control))->ipi_addr.s_addr) - FIRST_ADDRESS;
      if (device < DEVICES_MAX) follow(bytes[i], in[i].msg_len, device);
    }
    if (received < BATCH) return;
  }
}

static void open_socket(bool answers) {
  int on = 1, size = answers ? SOCKET_BUFFER : 1;
  struct sockaddr_in all = {.sin_family = AF_INET};
  if (fcntl(GIVEN_SOCKET, F_GETFD) >= 0) {
    fd = GIVEN_SOCKET;
    return;
  }
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  // Answers that nobody reads are dropped by the kernel as early as can be.
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0 ||
      bind(fd, (struct sockaddr *)&all, sizeof all) != 0) {
    perror("flood");
    exit(1);
  }
}

static void prepare(void) {
  for (int i = 0; i < BATCH; i++) {
    slots[i] = malloc(DATAGRAM_MAX);
    out[i].msg_hdr = (struct msghdr){.msg_name = &server, .msg_namelen = sizeof server, .msg_iov = &vectors[i],
                                     .msg_iovlen = 1, .msg_control = &controls[i], .msg_controllen = sizeof controls[i]};
    struct cmsghdr *control = CMSG_FIRSTHDR(&out[i].msg_hdr);
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int count, char **words) {
  if (count != 7) {
    fprintf(stderr, "usage: flood PORT RATE SECONDS FIRST COUNT once|answers < speech\n");
    return 2;
  }
  double rate = atof(words[2]), seconds = atof(words[3]);
  uint32_t first = (uint32_t)strtoul(words[4], NULL, 10), strangers = (uint32_t)strtoul(words[5], NULL, 10);
  bool answers = strcmp(words[6], "answers") == 0;
  if (rate <= 0 || strangers == 0 || first + strangers > DEVICES_MAX) return 2;
  if (seconds > SECONDS_MAX) seconds = SECONDS_MAX;
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1]))};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  signal(SIGTERM, stop);
  read_speech();
  open_socket(answers);
  prepare();
  printf("flooding\n");
  fflush(stdout);
  double began = now(), since = began;
  uint64_t turn = 0;
  while (!stopped && now() - began < seconds) {
    double at = now();
    // A processor that others had for long is not made good in one burst.
    if (at - since > ARREARS_SECONDS + 1 / rate) since = at - ARREARS_SECONDS;
    uint64_t due = (uint64_t)((at - since) * rate);
    for (; due > 0; due--, turn++) {
      uint32_t stranger = first + (uint32_t)(turn % strangers);
      const entry *e = &entries[answers ? 0 : turn % entry_count];
      say(e, e->device == ANY ? stranger : e->device, answers ? stranger : turn);
      since += 1 / rate;
      if (answers && turn % BATCH == 0) read_answers();
    }
    flush();
    if (answers) {
      read_answers();
      flush();
    }
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
  }
  printf("begun %llu seconds %.3f\n", (unsigned long long)turn, now() - began);
  return 0;
}
