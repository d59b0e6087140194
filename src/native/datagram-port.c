// One UDP socket whose datagrams come and go in batches: a system call and a call into JavaScript serve up to 64 of them.
//
// JavaScript and this file share one piece of memory, laid out below. For each datagram there is a note in it; bytes of
// received ones lie in slots, those to be sent one behind the other. The memory is JavaScript's and is looked at anew for
// each batch: a pointer that was kept would dangle once somebody transfers the buffer.
//
// A socket of all addresses is told which of them each datagram was sent to, and answers from that one (RFC 7252 5.3.2).
//
// Back-pressure: what the system does not take at once stays noted, and until it is gone nothing more is read. So the
// queue holds what one batch of requests makes, and the kernel's receive queue holds the rest.

#define _GNU_SOURCE
#include "addon.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define BATCH_COUNT_MAX 64
// Full batches in a row; then the other sockets and the timers have their turn.
#define BATCHES_MAX 8
#define SEND_COUNT_MAX 1024
#define SEND_LENGTH_MAX (1 << 20)
// What UDP's length field can say, and more than fits into a packet of IPv4 or IPv6.
#define DATAGRAM_LENGTH_MAX 65535
// A multiple of 65,536 would put all slots into the same sets of the processor's caches. 17 lines more spread them.
#define SLOT_STRIDE (65536 + 17 * 64)
// Asked of the system for bursts of a thousand devices; it may give less.
#define RECEIVE_BUFFER_LENGTH (4 * 1024 * 1024)
#define ERROR_COUNT 256

#define IPV4_UNITS 2
#define IPV6_UNITS 8
#define HOST_LENGTH_MAX (INET6_ADDRSTRLEN + IF_NAMESIZE)
// A socket that hears both families tells an IPv4 datagram's destination in both words.
#define CONTROL_LENGTH (CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct in6_pktinfo)))

typedef struct {
  // Which address: IPV4_UNITS, also for an IPv4-mapped one, or IPV6_UNITS; 0 for a datagram that is to be left out.
  uint16_t unit_count;
  uint16_t length;
  uint16_t port;
  // Whether our own address is known: 1 or 0.
  uint16_t with_local;
  // RFC 4007: the index of the interface that a link-local address belongs to.
  uint32_t zone;
  // Of a datagram to be sent: where it begins.
  uint32_t offset;
  // Two bytes of an address each, the first one high: the peer's, and right behind it as many of our own.
  uint16_t units[2 * IPV6_UNITS];
} note;

typedef struct {
  // Datagrams that were to be sent and still wait for the system.
  uint32_t waiting;
  // What JavaScript has to be told since it last looked: errors, and datagrams left out.
  uint32_t untold;
  // Datagrams left out because they were sent to many.
  uint32_t multicast;
  uint32_t broadcast;
  // Each error by the system's number.
  uint32_t failures[ERROR_COUNT];
  note received[BATCH_COUNT_MAX];
  note to_send[SEND_COUNT_MAX];
  uint8_t bytes_to_send[SEND_LENGTH_MAX];
  uint8_t slots[BATCH_COUNT_MAX][SLOT_STRIDE];
} shared_memory;

typedef union {
  struct sockaddr any;
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
} address;

typedef struct {
  struct mmsghdr messages[BATCH_COUNT_MAX];
  struct iovec bytes[BATCH_COUNT_MAX];
  address addresses[BATCH_COUNT_MAX];
  _Alignas(struct cmsghdr) uint8_t control[BATCH_COUNT_MAX][CONTROL_LENGTH];
} batch;

typedef struct {
  napi_env env;
  uv_poll_t poll;
  int socket;
  sa_family_t family;
  // Whether it is bound to all addresses, and tells and chooses its own for each datagram.
  bool on_all;
  bool open;
  int events;
  // Of the notes to be sent: the first that waits, and behind the last one.
  uint32_t next;
  uint32_t end;
  napi_ref memory;
  napi_ref received;
  napi_async_context async_context;
  napi_async_cleanup_hook_handle cleanup;
  // The handle that JavaScript has, and the open uv_poll_t: the last one that goes frees the port.
  int owners;
  batch in;
  batch out;
} port;

static const napi_type_tag PORT_TAG = {0x6e6172726f77626f, 0x61742d706f727401};

static void throw_system_error(napi_env env, const char *what, int error) {
  char name[32], reason[64], text[128];
  uv_err_name_r(uv_translate_sys_error(error), name, sizeof name);
  uv_strerror_r(uv_translate_sys_error(error), reason, sizeof reason);
  snprintf(text, sizeof text, "%s %s: %s", what, name, reason);
  napi_throw_error(env, name, text);
}

// The memory, or NULL when JavaScript has taken it away or made it smaller. Needs a handle scope.
static shared_memory *memory_of(port *p) {
  napi_value value;
  napi_typedarray_type type;
  size_t length;
  void *data;
  if (napi_get_reference_value(p->env, p->memory, &value) != napi_ok || value == NULL ||
      napi_get_typedarray_info(p->env, value, &type, &length, &data, NULL, NULL) != napi_ok ||
      type != napi_uint8_array || length < sizeof(shared_memory)) {
    return NULL;
  }
  return data;
}

static void count_failure(shared_memory *m, int error) {
  m->failures[error > 0 && error < ERROR_COUNT ? error : 0]++;
  m->untold++;
}

static void disown(port *p) {
  if (--p->owners == 0) free(p);
}

static void handle_closed(uv_handle_t *handle) {
  port *p = handle->data;
  // Only now: an environment that ends has to wait for this.
  napi_remove_async_cleanup_hook(p->cleanup);
  disown(p);
}

static void close_port(port *p) {
  if (!p->open) return;
  p->open = false;
  uv_poll_stop(&p->poll);
  close(p->socket);
  napi_delete_reference(p->env, p->memory);
  napi_delete_reference(p->env, p->received);
  napi_async_destroy(p->env, p->async_context);
  uv_close((uv_handle_t *)&p->poll, handle_closed);
}

static void clean_up(napi_async_cleanup_hook_handle handle, void *data) { close_port(data); }

static void finalize_port(napi_env env, void *data, void *hint) { disown(data); }

// Calls JavaScript with the number of datagrams received; false when the port cannot go on. An exception is one that
// nobody caught, as if it had been thrown in any other callback of Node.js.
static bool call_back(port *p, uint32_t count) {
  napi_env env = p->env;
  napi_value global, function, argument;
  if (napi_get_global(env, &global) == napi_ok && napi_create_uint32(env, count, &argument) == napi_ok &&
      napi_get_reference_value(env, p->received, &function) == napi_ok &&
      napi_make_callback(env, p->async_context, global, function, 1, &argument, NULL) == napi_ok) {
    return p->open;
  }
  bool pending = false;
  napi_value error;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
  return false;
}

static void put_units(uint16_t *units, const void *bytes, int count) {
  uint16_t words[IPV6_UNITS];
  memcpy(words, bytes, (size_t)count * sizeof *words);
  for (int i = 0; i < count; i++) units[i] = ntohs(words[i]);
}

static void note_sender(note *n, const address *from) {
  if (from->any.sa_family == AF_INET) {
    n->unit_count = IPV4_UNITS;
    n->port = ntohs(from->ipv4.sin_port);
    put_units(n->units, &from->ipv4.sin_addr, IPV4_UNITS);
  } else {
    bool mapped = IN6_IS_ADDR_V4MAPPED(&from->ipv6.sin6_addr);
    n->unit_count = mapped ? IPV4_UNITS : IPV6_UNITS;
    n->port = ntohs(from->ipv6.sin6_port);
    n->zone = mapped ? 0 : from->ipv6.sin6_scope_id;
    put_units(n->units, from->ipv6.sin6_addr.s6_addr + (mapped ? 12 : 0), n->unit_count);
  }
}

static bool find_control(struct msghdr *header, int level, int type, void *content, size_t length) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
    if (c->cmsg_level != level || c->cmsg_type != type || c->cmsg_len < CMSG_LEN(length)) continue;
    memcpy(content, CMSG_DATA(c), length);
    return true;
  }
  return false;
}

static void leave_out(shared_memory *m, note *n, uint32_t *count) {
  n->unit_count = 0;
  (*count)++;
  m->untold++;
}

// Where the datagram was sent to. What was sent to many is left out (RFC 7252 8.1, 8.2), and so is what the system does not
// tell of: it could only be answered from an address that was not asked.
static void note_local(shared_memory *m, note *n, struct msghdr *header) {
  struct in_pktinfo ipv4;
  struct in6_pktinfo ipv6;
  n->with_local = 1;
  if (n->unit_count == IPV4_UNITS && find_control(header, IPPROTO_IP, IP_PKTINFO, &ipv4, sizeof ipv4)) {
    if (IN_MULTICAST(ntohl(ipv4.ipi_addr.s_addr))) leave_out(m, n, &m->multicast);
    // Linux names the address that an answer has to leave from beside the one in the datagram: another one only here.
    else if (ipv4.ipi_addr.s_addr != ipv4.ipi_spec_dst.s_addr) leave_out(m, n, &m->broadcast);
    else put_units(n->units + IPV4_UNITS, &ipv4.ipi_addr, IPV4_UNITS);
  } else if (n->unit_count == IPV6_UNITS && find_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &ipv6, sizeof ipv6)) {
    if (IN6_IS_ADDR_MULTICAST(&ipv6.ipi6_addr)) leave_out(m, n, &m->multicast);
    else put_units(n->units + IPV6_UNITS, &ipv6.ipi6_addr, IPV6_UNITS);
    // The peer's address may be valid everywhere and ours only on one interface.
    if (IN6_IS_ADDR_LINKLOCAL(&ipv6.ipi6_addr)) n->zone = ipv6.ipi6_ifindex;
  } else {
    n->unit_count = 0;
    count_failure(m, EDESTADDRREQ);
  }
}

static int receive(port *p, shared_memory *m) {
  batch *in = &p->in;
  for (int i = 0; i < BATCH_COUNT_MAX; i++) {
    in->bytes[i] = (struct iovec){.iov_base = m->slots[i], .iov_len = DATAGRAM_LENGTH_MAX};
    in->messages[i].msg_hdr = (struct msghdr){
        .msg_name = &in->addresses[i], .msg_namelen = sizeof(address), .msg_iov = &in->bytes[i], .msg_iovlen = 1};
    if (p->on_all) {
      in->messages[i].msg_hdr.msg_control = in->control[i];
      in->messages[i].msg_hdr.msg_controllen = CONTROL_LENGTH;
    }
  }
  int count = recvmmsg(p->socket, in->messages, BATCH_COUNT_MAX, MSG_DONTWAIT, NULL);
  for (int i = 0; i < count; i++) {
    struct msghdr *header = &in->messages[i].msg_hdr;
    note n = {.length = (uint16_t)in->messages[i].msg_len};
    if ((header->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) count_failure(m, EMSGSIZE);
    else if (header->msg_namelen > 0) {
      note_sender(&n, &in->addresses[i]);
      if (p->on_all) note_local(m, &n, header);
    }
    m->received[i] = n;
  }
  return count;
}

static void put_control(struct msghdr *header, uint8_t *control, int level, int type, const void *content, size_t length) {
  header->msg_control = control;
  header->msg_controllen = CMSG_SPACE(length);
  struct cmsghdr *c = CMSG_FIRSTHDR(header);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(length);
  memcpy(CMSG_DATA(c), content, length);
}

// The address that the datagram has to leave from, as the note says.
static void choose_local(struct msghdr *header, uint8_t *control, const note *n) {
  uint16_t words[IPV6_UNITS];
  for (int i = 0; i < n->unit_count; i++) words[i] = htons(n->units[n->unit_count + i]);
  if (n->unit_count == IPV4_UNITS) {
    struct in_pktinfo ipv4 = {0};
    memcpy(&ipv4.ipi_spec_dst, words, sizeof ipv4.ipi_spec_dst);
    put_control(header, control, IPPROTO_IP, IP_PKTINFO, &ipv4, sizeof ipv4);
  } else {
    struct in6_pktinfo ipv6 = {0};
    memcpy(&ipv6.ipi6_addr, words, sizeof ipv6.ipi6_addr);
    if (IN6_IS_ADDR_LINKLOCAL(&ipv6.ipi6_addr)) ipv6.ipi6_ifindex = n->zone;
    put_control(header, control, IPPROTO_IPV6, IPV6_PKTINFO, &ipv6, sizeof ipv6);
  }
}

static void put_receiver(port *p, const note *n, address *to, socklen_t *to_length) {
  uint16_t words[IPV6_UNITS];
  for (int i = 0; i < n->unit_count; i++) words[i] = htons(n->units[i]);
  memset(to, 0, sizeof *to);
  if (p->family == AF_INET) {
    to->ipv4.sin_family = AF_INET;
    to->ipv4.sin_port = htons(n->port);
    memcpy(&to->ipv4.sin_addr, words, sizeof to->ipv4.sin_addr);
    *to_length = sizeof to->ipv4;
    return;
  }
  to->ipv6.sin6_family = AF_INET6;
  to->ipv6.sin6_port = htons(n->port);
  to->ipv6.sin6_scope_id = n->zone;
  uint8_t *whole = to->ipv6.sin6_addr.s6_addr;
  // RFC 4291 2.5.5.2: an IPv6 socket reaches IPv4 by mapped addresses.
  if (n->unit_count == IPV4_UNITS) memset(whole + 10, 0xff, 2);
  memcpy(whole + (n->unit_count == IPV4_UNITS ? 12 : 0), words, n->unit_count * sizeof *words);
  *to_length = sizeof to->ipv6;
}

// Makes message `at` of the batch from a note; false when the note says something that cannot be sent.
static bool read_note(port *p, shared_memory *m, uint32_t number, unsigned at) {
  batch *out = &p->out;
  struct msghdr *header = &out->messages[at].msg_hdr;
  note n;
  // Once: another thread may share the memory.
  memcpy(&n, &m->to_send[number], sizeof n);
  if (n.offset > SEND_LENGTH_MAX || n.length > SEND_LENGTH_MAX - n.offset) return false;
  if (n.unit_count != IPV4_UNITS && (n.unit_count != IPV6_UNITS || p->family != AF_INET6)) return false;
  out->bytes[at] = (struct iovec){.iov_base = m->bytes_to_send + n.offset, .iov_len = n.length};
  *header = (struct msghdr){.msg_name = &out->addresses[at], .msg_iov = &out->bytes[at], .msg_iovlen = 1};
  put_receiver(p, &n, &out->addresses[at], &header->msg_namelen);
  // A socket that is bound to one address leaves from no other.
  if (n.with_local != 0 && p->on_all) choose_local(header, out->control[at], &n);
  return true;
}

// Of the notes that are to be sent next, as many as are good, up to a batch.
static unsigned gather(port *p, shared_memory *m) {
  unsigned count = 0;
  while (count < BATCH_COUNT_MAX && p->next + count < p->end && read_note(p, m, p->next + count, count)) count++;
  return count;
}

// Gives the system what is noted, as far as it takes it. A datagram with an error is counted and left out.
static void send_noted(port *p, shared_memory *m) {
  while (p->next < p->end) {
    unsigned count = gather(p, m);
    errno = EINVAL;
    int sent = count == 0 ? -1 : sendmmsg(p->socket, p->out.messages, count, MSG_DONTWAIT);
    if (sent > 0) p->next += (uint32_t)sent;
    else if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    else if (errno != EINTR) {
      count_failure(m, errno);
      p->next++;
    }
  }
  m->waiting = p->end - p->next;
}

static void handle_events(uv_poll_t *poll, int status, int events);

static void watch(port *p) {
  int events = p->next < p->end ? UV_WRITABLE : UV_READABLE;
  if (!p->open || events == p->events) return;
  p->events = events;
  uv_poll_start(&p->poll, events, handle_events);
}

static void handle_readable(port *p, shared_memory *m) {
  for (int batches = 0; batches < BATCHES_MAX; batches++) {
    int count = receive(p, m);
    if (count < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return;
      count_failure(m, errno);
      call_back(p, 0);
      return;
    }
    if (!call_back(p, (uint32_t)count) || count < BATCH_COUNT_MAX || p->next < p->end) return;
    m = memory_of(p);
    if (m == NULL) return;
  }
}

static void handle_writable(port *p, shared_memory *m) {
  send_noted(p, m);
  if (p->next == p->end || m->untold > 0) call_back(p, 0);
}

// libuv stops watching a socket that has an error: the error is asked for, which clears it, and told.
static void handle_error(port *p, shared_memory *m) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(p->socket, SOL_SOCKET, SO_ERROR, &error, &length);
  p->events = 0;
  if (error == 0) return;
  count_failure(m, error);
  call_back(p, 0);
}

static void handle_events(uv_poll_t *poll, int status, int events) {
  port *p = poll->data;
  napi_env env = p->env;
  napi_handle_scope scope;
  MUST(napi_open_handle_scope(env, &scope));
  shared_memory *m = memory_of(p);
  if (m == NULL) close_port(p);
  else if (status < 0) handle_error(p, m);
  else if ((events & UV_WRITABLE) != 0) handle_writable(p, m);
  else if ((events & UV_READABLE) != 0) handle_readable(p, m);
  watch(p);
  napi_close_handle_scope(env, scope);
}

// The family and the length of an IP address as text, IPv6 with a zone or without; false when it is none.
static bool parse_address(const char *host, uint16_t port_number, address *to, socklen_t *length) {
  memset(to, 0, sizeof *to);
  if (uv_ip4_addr(host, port_number, &to->ipv4) == 0) *length = sizeof to->ipv4;
  else if (uv_ip6_addr(host, port_number, &to->ipv6) == 0) *length = sizeof to->ipv6;
  else return false;
  return true;
}

static bool is_all(const address *local) {
  return local->any.sa_family == AF_INET ? local->ipv4.sin_addr.s_addr == htonl(INADDR_ANY)
                                         : IN6_IS_ADDR_UNSPECIFIED(&local->ipv6.sin6_addr);
}

// Has the system tell with each datagram where it was sent to. IPv4 asks for it on an IPv6 socket too: IPv6's own word does
// not tell a broadcast from what was sent to one.
static bool ask_for_destinations(int fd, int family) {
  int on = 1;
  return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0 &&
         (family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0);
}

// A bound socket, or -1 with errno.
static int bound_socket(const address *local, socklen_t length, bool reuse_port) {
  int family = local->any.sa_family;
  int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int on = 1, off = 0, receive_buffer_length = RECEIVE_BUFFER_LENGTH;
  // Some systems refuse what is above their limit instead of giving the limit; the default serves, with more loss.
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_length, sizeof receive_buffer_length);
  if ((family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
      (!reuse_port || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
      (!is_all(local) || ask_for_destinations(fd, family)) &&
      bind(fd, &local->any, length) == 0) {
    return fd;
  }
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

typedef struct {
  address local;
  socklen_t local_length;
  bool reuse_port;
  napi_value memory;
  napi_value received;
} open_call;

// (host, port, reusePort, memory, received): false, with an error thrown, for what our own code never says.
static bool read_open_call(napi_env env, napi_callback_info info, open_call *call) {
  napi_value values[5];
  size_t count = 5, length;
  char host[HOST_LENGTH_MAX + 2];
  uint32_t port_number;
  napi_valuetype type;
  byte_view memory;
  MUST(napi_get_cb_info(env, info, &count, values, NULL, NULL));
  if (count < 5 || napi_get_value_string_utf8(env, values[0], host, sizeof host, &length) != napi_ok ||
      napi_get_value_uint32(env, values[1], &port_number) != napi_ok || port_number > UINT16_MAX ||
      napi_get_value_bool(env, values[2], &call->reuse_port) != napi_ok ||
      napi_typeof(env, values[4], &type) != napi_ok || type != napi_function) {
    napi_throw_type_error(env, NULL, "(host, port, reusePort, memory, received) is needed");
    return false;
  }
  if (!read_bytes(env, values[3], &memory)) return false;
  if (memory.length < sizeof(shared_memory) || (uintptr_t)memory.data % _Alignof(shared_memory) != 0) {
    napi_throw_range_error(env, NULL, "the memory is too short, or not aligned");
    return false;
  }
  call->memory = values[3];
  call->received = values[4];
  if (length <= HOST_LENGTH_MAX && strlen(host) == length &&
      parse_address(host, (uint16_t)port_number, &call->local, &call->local_length)) {
    return true;
  }
  throw_system_error(env, "bind", EINVAL);
  return false;
}

static napi_value open_port(napi_env env, napi_callback_info info) {
  open_call call;
  if (!read_open_call(env, info, &call)) return NULL;
  int fd = bound_socket(&call.local, call.local_length, call.reuse_port);
  if (fd < 0) {
    throw_system_error(env, "bind", errno);
    return NULL;
  }
  port *p = calloc(1, sizeof *p);
  uv_loop_t *loop;
  int error = p == NULL || napi_get_uv_event_loop(env, &loop) != napi_ok ? UV_ENOMEM : uv_poll_init(loop, &p->poll, fd);
  if (error != 0) {
    close(fd);
    free(p);
    throw_system_error(env, "poll", -error);
    return NULL;
  }
  p->env = env;
  p->poll.data = p;
  p->socket = fd;
  p->family = call.local.any.sa_family;
  p->on_all = is_all(&call.local);
  p->open = true;
  p->owners = 2;
  napi_value result, name;
  MUST(napi_create_reference(env, call.memory, 1, &p->memory));
  MUST(napi_create_reference(env, call.received, 1, &p->received));
  MUST(napi_create_string_utf8(env, "DatagramPort", NAPI_AUTO_LENGTH, &name));
  MUST(napi_async_init(env, NULL, name, &p->async_context));
  MUST(napi_add_async_cleanup_hook(env, clean_up, p, &p->cleanup));
  MUST(napi_create_external(env, p, finalize_port, NULL, &result));
  MUST(napi_type_tag_object(env, result, &PORT_TAG));
  watch(p);
  return result;
}

// The open port that the first of `count` arguments names; NULL, with an error thrown, when it names none.
static port *read_port(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  size_t given = count;
  bool is_port = false;
  void *data;
  MUST(napi_get_cb_info(env, info, &given, values, NULL, NULL));
  if (given < count || napi_check_object_type_tag(env, values[0], &PORT_TAG, &is_port) != napi_ok || !is_port ||
      napi_get_value_external(env, values[0], &data) != napi_ok) {
    // A value of another type leaves an exception of its own.
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) == napi_ok && !pending) {
      napi_throw_type_error(env, NULL, "a port, and all arguments, are needed");
    }
    return NULL;
  }
  return data;
}

// (port, first, end)
static napi_value flush(napi_env env, napi_callback_info info) {
  napi_value values[3];
  port *p = read_port(env, info, 3, values);
  if (p == NULL) return NULL;
  uint32_t first, end;
  if (napi_get_value_uint32(env, values[1], &first) != napi_ok ||
      napi_get_value_uint32(env, values[2], &end) != napi_ok || first > end || end > SEND_COUNT_MAX ||
      (p->next < p->end && first != p->end)) {
    napi_throw_range_error(env, NULL, "these notes cannot be sent now");
    return NULL;
  }
  shared_memory *m = p->open ? memory_of(p) : NULL;
  if (m == NULL) {
    napi_throw_error(env, NULL, "the port is closed, or its memory is gone");
    return NULL;
  }
  if (p->next == p->end) p->next = first;
  p->end = end;
  send_noted(p, m);
  watch(p);
  return NULL;
}

// (port): at once, with what still waits. A second time does nothing.
static napi_value close_by_call(napi_env env, napi_callback_info info) {
  napi_value value;
  port *p = read_port(env, info, 1, &value);
  if (p != NULL) close_port(p);
  return NULL;
}

// (port): [host, port number]
static napi_value local_address(napi_env env, napi_callback_info info) {
  napi_value value;
  port *p = read_port(env, info, 1, &value);
  if (p == NULL) return NULL;
  address local = {0};
  socklen_t length = sizeof local;
  char host[HOST_LENGTH_MAX + 1], zone[IF_NAMESIZE];
  if (!p->open || getsockname(p->socket, &local.any, &length) != 0) {
    napi_throw_error(env, NULL, "the port is closed");
    return NULL;
  }
  bool ipv4 = p->family == AF_INET;
  uv_inet_ntop(p->family, ipv4 ? (void *)&local.ipv4.sin_addr : &local.ipv6.sin6_addr, host, INET6_ADDRSTRLEN);
  if (!ipv4 && local.ipv6.sin6_scope_id != 0 && if_indextoname(local.ipv6.sin6_scope_id, zone) != NULL) {
    size_t end = strlen(host);
    snprintf(host + end, sizeof host - end, "%%%s", zone);
  }
  napi_value result, text, number;
  MUST(napi_create_string_utf8(env, host, NAPI_AUTO_LENGTH, &text));
  MUST(napi_create_uint32(env, ntohs(ipv4 ? local.ipv4.sin_port : local.ipv6.sin6_port), &number));
  MUST(napi_create_array_with_length(env, 2, &result));
  MUST(napi_set_element(env, result, 0, text));
  MUST(napi_set_element(env, result, 1, number));
  return result;
}

// (index): the name of the interface; undefined when there is none.
static napi_value zone_name(napi_env env, napi_callback_info info) {
  napi_value value, result;
  size_t count = 1;
  uint32_t index;
  char name[IF_NAMESIZE];
  MUST(napi_get_cb_info(env, info, &count, &value, NULL, NULL));
  if (napi_get_value_uint32(env, value, &index) != napi_ok || if_indextoname(index, name) == NULL) return NULL;
  MUST(napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &result));
  return result;
}

// (name): the index of the interface; 0 when there is none.
static napi_value zone_index(napi_env env, napi_callback_info info) {
  napi_value value, result;
  size_t count = 1, length;
  char name[IF_NAMESIZE + 1];
  MUST(napi_get_cb_info(env, info, &count, &value, NULL, NULL));
  bool named = napi_get_value_string_utf8(env, value, name, sizeof name, &length) == napi_ok && length < IF_NAMESIZE;
  MUST(napi_create_uint32(env, named ? if_nametoindex(name) : 0, &result));
  return result;
}

static void export_number(napi_env env, napi_value exports, const char *name, size_t number) {
  napi_value value;
  MUST(napi_create_uint32(env, (uint32_t)number, &value));
  MUST(napi_set_named_property(env, exports, name, value));
}

void export_datagram_port(napi_env env, napi_value exports) {
  napi_value part;
  MUST(napi_create_object(env, &part));
  export_function(env, part, "open", open_port, NULL);
  export_function(env, part, "flush", flush, NULL);
  export_function(env, part, "close", close_by_call, NULL);
  export_function(env, part, "localAddress", local_address, NULL);
  export_function(env, part, "zoneName", zone_name, NULL);
  export_function(env, part, "zoneIndex", zone_index, NULL);
  export_number(env, part, "memoryLength", sizeof(shared_memory));
  export_number(env, part, "failuresOffset", offsetof(shared_memory, failures));
  export_number(env, part, "errorCount", ERROR_COUNT);
  export_number(env, part, "batchCountMax", BATCH_COUNT_MAX);
  export_number(env, part, "noteLength", sizeof(note));
  export_number(env, part, "receivedOffset", offsetof(shared_memory, received));
  export_number(env, part, "toSendOffset", offsetof(shared_memory, to_send));
  export_number(env, part, "sendCountMax", SEND_COUNT_MAX);
  export_number(env, part, "bytesToSendOffset", offsetof(shared_memory, bytes_to_send));
  export_number(env, part, "sendLengthMax", SEND_LENGTH_MAX);
  export_number(env, part, "slotsOffset", offsetof(shared_memory, slots));
  export_number(env, part, "slotStride", SLOT_STRIDE);
  MUST(napi_set_named_property(env, exports, "datagramPort", part));
}
