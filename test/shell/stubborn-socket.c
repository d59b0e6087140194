// A system that is stubborn on demand, to be preloaded: the letters of the environment variable STUBBORN_SENDS say what
// happens to the next calls of sendmmsg and sendmsg, one letter a call, those of STUBBORN_RECEIVES the same for recvmmsg;
// when they are used up, all is well again. JavaScript sets the variables, and reads how many letters are left.
//
//   a EAGAIN   e EPERM   i EINTR   n ENOMEM   p one datagram and no more   t the first one truncated
//   k what is told beside the first one truncated   o nothing told beside it   w a word beside it that says nothing
//   c connected to the receiver, so that the next refusal by ICMP becomes the socket's own error

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static char next_letter(const char *variable) {
  const char *letters = getenv(variable);
  if (letters == NULL || letters[0] == '\0') return '.';
  char letter = letters[0];
  char *rest = strdup(letters + 1);
  setenv(variable, rest, 1);
  free(rest);
  return letter;
}

static int error_for(char letter) {
  switch (letter) {
    case 'a': return EAGAIN;
    case 'e': return EPERM;
    case 'i': return EINTR;
    case 'n': return ENOMEM;
    default: return 0;
  }
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
  __typeof__(&sendmmsg) real = (__typeof__(&sendmmsg))dlsym(RTLD_NEXT, "sendmmsg");
  char letter = next_letter("STUBBORN_SENDS");
  errno = error_for(letter);
  if (errno != 0) return -1;
  if (letter == 'c') connect(fd, messages[0].msg_hdr.msg_name, messages[0].msg_hdr.msg_namelen);
  return real(fd, messages, letter == 'p' ? 1 : count, flags);
}

// By this one node:dgram sends what it does at once.
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  __typeof__(&sendmsg) real = (__typeof__(&sendmsg))dlsym(RTLD_NEXT, "sendmsg");
  errno = error_for(next_letter("STUBBORN_SENDS"));
  return errno != 0 ? -1 : real(fd, message, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  __typeof__(&recvmmsg) real = (__typeof__(&recvmmsg))dlsym(RTLD_NEXT, "recvmmsg");
  char letter = next_letter("STUBBORN_RECEIVES");
  errno = error_for(letter);
  if (errno != 0) return -1;
  int received = real(fd, messages, letter == 'p' ? 1 : count, flags, timeout);
  if (received <= 0) return received;
  struct msghdr *first = &messages[0].msg_hdr;
  if (letter == 't') first->msg_flags |= MSG_TRUNC;
  if (letter == 'k') first->msg_flags |= MSG_CTRUNC;
  if (letter == 'o') first->msg_controllen = 0;
  // Too short for what its type promises, up to the end of what there is.
  for (struct cmsghdr *c = CMSG_FIRSTHDR(first); letter == 'w' && c != NULL; c = NULL) {
    c->cmsg_len = CMSG_LEN(1);
    first->msg_controllen = CMSG_LEN(1);
  }
  return received;
}
