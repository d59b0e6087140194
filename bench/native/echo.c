// The limit of what any server can do here: answers each datagram, unread but for its first 8 bytes, in batches.
// Usage: echo LENGTH. Prints "listening PORT". An answer is the request's message ID and token with code 2.05 and filler.

#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 64
#define REQUEST_MAX 2048
#define ANSWER_MAX 2048
#define HEAD 8
#define SOCKET_BUFFER (4 << 20)

static unsigned char requests[BATCH][REQUEST_MAX];
static unsigned char answers[BATCH][ANSWER_MAX];
static struct sockaddr_in addresses[BATCH];
static struct iovec in_vectors[BATCH], out_vectors[BATCH];
static struct mmsghdr in[BATCH], out[BATCH];

static int bound_socket(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof address;
  int size = SOCKET_BUFFER;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  getsockname(fd, (struct sockaddr *)&address, &length);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

// Copies what a client matches its answers by: ACK, 2.05, message ID, token.
static void answer(int i) {
  memcpy(answers[i], requests[i], HEAD);
  answers[i][0] = (unsigned char)(0x60 | (requests[i][0] & 0x0f));
  answers[i][1] = 0x45;
  answers[i][HEAD] = 0xff;
  out[i].msg_hdr.msg_namelen = in[i].msg_hdr.msg_namelen;
}

int main(int count, char **words) {
  int length = count == 2 ? atoi(words[1]) : 0;
  if (length <= HEAD || length > ANSWER_MAX) {
    fprintf(stderr, "usage: echo LENGTH, %d to %d\n", HEAD + 1, ANSWER_MAX);
    return 2;
  }
  for (int i = 0; i < BATCH; i++) {
    in_vectors[i] = (struct iovec){requests[i], REQUEST_MAX};
    out_vectors[i] = (struct iovec){answers[i], (size_t)length};
    in[i].msg_hdr = (struct msghdr){.msg_name = &addresses[i], .msg_iov = &in_vectors[i], .msg_iovlen = 1};
    out[i].msg_hdr = (struct msghdr){.msg_name = &addresses[i], .msg_iov = &out_vectors[i], .msg_iovlen = 1};
  }
  int fd = bound_socket();
  if (fd < 0) {
    perror("echo");
    return 1;
  }
  for (;;) {
    for (int i = 0; i < BATCH; i++) in[i].msg_hdr.msg_namelen = sizeof addresses[i];
    int received = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL);
    if (received < 0) continue;
    for (int i = 0; i < received; i++) answer(i);
    for (int sent = 0; sent < received;) {
      int more = sendmmsg(fd, out + sent, (unsigned)(received - sent), 0);
      if (more <= 0) break;
      sent += more;
    }
  }
}
