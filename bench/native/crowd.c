// Thousands of devices on one UDP socket: it is bound to every address, and each device has a source address of its own
// out of 127.0.0.0/8, all of which is local on Linux. Datagrams come and go in batches of BATCH through arrays that
// JavaScript shares with this file; a batch costs one call.
//
// Device number n has the address `first + n`. Slot i of an arena is its bytes from i * SLOT on, lengths[i], devices[i].

#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <node_api.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define BATCH 64
#define SLOT 2048
#define FIRST_ADDRESS 0x7f100000u
#define DEVICES_MAX 0x00e00000u
#define SOCKET_BUFFER (64 << 20)
// Batches read before the loop's other business has its turn.
#define ROUNDS_MAX 8
#define SEND_WAIT_MS 20

// Calls that fail only when Node.js itself is broken.
#define MUST(call)                                                                                \
  do {                                                                                            \
    if ((call) != napi_ok) napi_fatal_error(__func__, NAPI_AUTO_LENGTH, #call, NAPI_AUTO_LENGTH); \
  } while (0)

typedef struct {
  uint8_t *bytes;
  int32_t *lengths;
  int32_t *devices;
  napi_ref kept[3];
  struct mmsghdr messages[BATCH];
  struct iovec vectors[BATCH];
  struct sockaddr_in addresses[BATCH];
  union {
    char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
    struct cmsghdr aligned;
  } controls[BATCH];
} arena;

typedef struct {
  napi_env env;
  napi_async_context context;
  napi_ref handler;
  uv_poll_t poll;
  int fd;
  struct sockaddr_in server;
  arena in;
  arena out;
} crowd;

static napi_value refuse(napi_env env, const char *what) {
  napi_throw_error(env, NULL, what);
  return NULL;
}

// An object {bytes, lengths, devices} of typed arrays, kept for as long as the crowd lives.
static bool read_arena(napi_env env, napi_value object, arena *a) {
  static const char *names[3] = {"bytes", "lengths", "devices"};
  static const napi_typedarray_type types[3] = {napi_uint8_array, napi_int32_array, napi_int32_array};
  static const size_t lengths[3] = {BATCH * SLOT, BATCH, BATCH};
  void *data[3];
  napi_value arrays[3];
  for (int i = 0; i < 3; i++) {
    napi_typedarray_type type;
    size_t length;
    if (napi_get_named_property(env, object, names[i], &arrays[i]) != napi_ok ||
        napi_get_typedarray_info(env, arrays[i], &type, &length, &data[i], NULL, NULL) != napi_ok ||
        type != types[i] || length != lengths[i]) {
      return false;
    }
  }
  for (int i = 0; i < 3; i++) MUST(napi_create_reference(env, arrays[i], 1, &a->kept[i]));
  a->bytes = data[0];
  a->lengths = data[1];
  a->devices = data[2];
  return true;
}

static void prepare(crowd *c, arena *a, bool sends) {
  for (int i = 0; i < BATCH; i++) {
    a->vectors[i] = (struct iovec){.iov_base = a->bytes + i * SLOT, .iov_len = SLOT};
    struct msghdr *header = &a->messages[i].msg_hdr;
    header->msg_iov = &a->vectors[i];
    header->msg_iovlen = 1;
    header->msg_name = sends ? &c->server : &a->addresses[i];
    header->msg_namelen = sizeof c->server;
    header->msg_control = &a->controls[i];
    header->msg_controllen = sizeof a->controls[i];
    if (!sends) continue;
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  }
}

static struct in_pktinfo *info_of(struct msghdr *header) {
  struct cmsghdr *control = CMSG_FIRSTHDR(header);
  if (control == NULL || control->cmsg_level != IPPROTO_IP || control->cmsg_type != IP_PKTINFO) return NULL;
  return (struct in_pktinfo *)CMSG_DATA(control);
}

// Sends the first `count` slots. What the system does not take in time is lost, as on any network.
static int send_batch(crowd *c, int count) {
  for (int i = 0; i < count; i++) {
    c->out.vectors[i].iov_len = (size_t)c->out.lengths[i];
    struct in_pktinfo *info = info_of(&c->out.messages[i].msg_hdr);
    info->ipi_spec_dst.s_addr = htonl(FIRST_ADDRESS + (uint32_t)c->out.devices[i]);
  }
  int sent = 0;
  while (sent < count) {
    int more = sendmmsg(c->fd, c->out.messages + sent, (unsigned)(count - sent), MSG_DONTWAIT);
    if (more > 0) {
      sent += more;
      continue;
    }
    if (errno == EINTR) continue;
    struct pollfd full = {.fd = c->fd, .events = POLLOUT};
    if (errno != EAGAIN || poll(&full, 1, SEND_WAIT_MS) <= 0) break;
  }
  return sent;
}

static bool in_arena(const arena *a, int32_t count) {
  if (count < 0 || count > BATCH) return false;
  for (int i = 0; i < count; i++) {
    if (a->lengths[i] < 0 || a->lengths[i] > SLOT || (uint32_t)a->devices[i] >= DEVICES_MAX) return false;
  }
  return true;
}

// The bytes in the order in which they came, without those that somebody else sent.
static int receive_batch(crowd *c, int *received) {
  arena *a = &c->in;
  for (int i = 0; i < BATCH; i++) {
    a->messages[i].msg_hdr.msg_namelen = sizeof c->server;
    a->messages[i].msg_hdr.msg_controllen = sizeof a->controls[i];
  }
  *received = recvmmsg(c->fd, a->messages, BATCH, MSG_DONTWAIT, NULL);
  int count = 0;
  for (int i = 0; i < *received; i++) {
    struct in_pktinfo *info = info_of(&a->messages[i].msg_hdr);
    bool from_server = a->addresses[i].sin_port == c->server.sin_port &&
                       a->addresses[i].sin_addr.s_addr == c->server.sin_addr.s_addr;
    uint32_t device = info == NULL ? DEVICES_MAX : ntohl(info->ipi_addr.s_addr) - FIRST_ADDRESS;
    if (!from_server || device >= DEVICES_MAX) continue;
    if (count != i) memcpy(a->bytes + count * SLOT, a->bytes + i * SLOT, a->messages[i].msg_len);
    a->lengths[count] = (int32_t)a->messages[i].msg_len;
    a->devices[count] = (int32_t)device;
    count++;
  }
  return count;
}

// Tells JavaScript of `count` datagrams and sends the slots that it filled in answer; false when it threw.
static bool hand_over(crowd *c, int count) {
  napi_handle_scope scope;
  napi_value handler, argument, receiver, result;
  int32_t answers = 0;
  MUST(napi_open_handle_scope(c->env, &scope));
  MUST(napi_get_reference_value(c->env, c->handler, &handler));
  MUST(napi_get_global(c->env, &receiver));
  MUST(napi_create_int32(c->env, count, &argument));
  napi_status status = napi_make_callback(c->env, c->context, receiver, handler, 1, &argument, &result);
  if (status == napi_ok && napi_get_value_int32(c->env, result, &answers) == napi_ok && in_arena(&c->out, answers)) {
    send_batch(c, answers);
  } else if (status == napi_pending_exception) {
    napi_value exception;
    MUST(napi_get_and_clear_last_exception(c->env, &exception));
    napi_fatal_exception(c->env, exception);
  }
  MUST(napi_close_handle_scope(c->env, scope));
  return status == napi_ok;
}

static void readable(uv_poll_t *poll, int status, int events) {
  (void)events;
  crowd *c = poll->data;
  if (status < 0) return;
  for (int round = 0; round < ROUNDS_MAX && c->fd >= 0; round++) {
    int received;
    int count = receive_batch(c, &received);
    if (received <= 0 || (count > 0 && !hand_over(c, count)) || received < BATCH) return;
  }
}

static void closed(uv_handle_t *handle) {
  crowd *c = handle->data;
  for (int i = 0; i < 3; i++) {
    napi_delete_reference(c->env, c->in.kept[i]);
    napi_delete_reference(c->env, c->out.kept[i]);
  }
  napi_delete_reference(c->env, c->handler);
  napi_async_destroy(c->env, c->context);
  free(c);
}

static int bound_socket(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int on = 1, size = SOCKET_BUFFER;
  struct sockaddr_in all = {.sin_family = AF_INET};
  // Root may have more than the system's limit; anybody else gets what the limit gives.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
  if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0 &&
      bind(fd, (struct sockaddr *)&all, sizeof all) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

// open(serverPort, in, out, handler): a crowd before 127.0.0.1:serverPort.
static napi_value open_crowd(napi_env env, napi_callback_info info) {
  napi_value arguments[4], name, result;
  size_t count = 4;
  uint32_t port;
  uv_loop_t *loop;
  MUST(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  crowd *c = calloc(1, sizeof *c);
  if (c == NULL) return refuse(env, "no memory");
  if (count < 4 || napi_get_value_uint32(env, arguments[0], &port) != napi_ok || port > 65535 ||
      !read_arena(env, arguments[1], &c->in) || !read_arena(env, arguments[2], &c->out)) {
    free(c);
    return refuse(env, "(port, in, out, handler) is needed");
  }
  c->env = env;
  c->server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  c->server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  prepare(c, &c->in, false);
  prepare(c, &c->out, true);
  c->fd = bound_socket();
  if (c->fd < 0) {
    free(c);
    return refuse(env, strerror(errno));
  }
  MUST(napi_create_string_utf8(env, "crowd", NAPI_AUTO_LENGTH, &name));
  MUST(napi_async_init(env, NULL, name, &c->context));
  MUST(napi_create_reference(env, arguments[3], 1, &c->handler));
  MUST(napi_get_uv_event_loop(env, &loop));
  uv_poll_init(loop, &c->poll, c->fd);
  c->poll.data = c;
  uv_poll_start(&c->poll, UV_READABLE, readable);
  MUST(napi_create_external(env, c, NULL, NULL, &result));
  return result;
}

// flush(crowd, count): how many went.
static napi_value flush_crowd(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  size_t count = 2;
  void *data;
  int32_t slots;
  MUST(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  if (count < 2 || napi_get_value_external(env, arguments[0], &data) != napi_ok ||
      napi_get_value_int32(env, arguments[1], &slots) != napi_ok || !in_arena(&((crowd *)data)->out, slots)) {
    return refuse(env, "(crowd, count) is needed");
  }
  MUST(napi_create_int32(env, send_batch(data, slots), &result));
  return result;
}

// descriptor(crowd): its socket's, for a program that speaks from the same port. It stays the crowd's to close.
static napi_value descriptor_of(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  size_t count = 1;
  void *data;
  MUST(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  if (count < 1 || napi_get_value_external(env, argument, &data) != napi_ok) return refuse(env, "a crowd is needed");
  MUST(napi_create_int32(env, ((crowd *)data)->fd, &result));
  return result;
}

// close(crowd): it must not be used after.
static napi_value close_crowd(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  void *data;
  MUST(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  if (count < 1 || napi_get_value_external(env, argument, &data) != napi_ok) return refuse(env, "a crowd is needed");
  crowd *c = data;
  uv_poll_stop(&c->poll);
  close(c->fd);
  c->fd = -1;
  uv_close((uv_handle_t *)&c->poll, closed);
  return NULL;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"open", open_crowd}, {"flush", flush_crowd}, {"descriptor", descriptor_of}, {"close", close_crowd}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value value;
    MUST(napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &value));
    MUST(napi_set_named_property(env, exports, functions[i].name, value));
  }
  return exports;
}
