/* A device by Mbed TLS, with its handshake's own timers, as Zephyr has it, and RFC 7252's for one request at a time.
 *   mbedtls-client PORT IDENTITY KEY PRODUCT VERSION BLOCK_SIZE
 * writes /fw/PRODUCT/VERSION to standard output. */

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/timing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ACK_TIMEOUT_MS = 2000, MAX_RETRANSMIT = 4, BLOCK2 = 23, URI_PATH = 11, URI_PATH_AND_BLOCK2_DELTA = 12 };

static mbedtls_ctr_drbg_context random_source;
static mbedtls_ssl_config config;
static mbedtls_ssl_context ssl;
static mbedtls_timing_delay_context timer;
static mbedtls_net_context net;

static int connect_to(const char *port, const char *identity, const char *key) {
  static mbedtls_entropy_context entropy;
  static const int suites[] = {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0};
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random_source);
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_init(&ssl);
  if (mbedtls_ctr_drbg_seed(&random_source, mbedtls_entropy_func, &entropy, NULL, 0) != 0) return -1;
  if (mbedtls_net_connect(&net, "127.0.0.1", port, MBEDTLS_NET_PROTO_UDP) != 0) return -1;
  mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT);
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random_source);
  mbedtls_ssl_conf_ciphersuites(&config, suites);
  mbedtls_ssl_conf_psk(&config, (const unsigned char *)key, strlen(key), (const unsigned char *)identity, strlen(identity));
  if (mbedtls_ssl_setup(&ssl, &config) != 0) return -1;
  mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, NULL, mbedtls_net_recv_timeout);
  mbedtls_ssl_set_timer_cb(&ssl, &timer, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
  for (;;) {
    int result = mbedtls_ssl_handshake(&ssl);
    if (result != MBEDTLS_ERR_SSL_WANT_READ && result != MBEDTLS_ERR_SSL_WANT_WRITE) return result;
  }
}

static size_t put_option(unsigned char *at, int delta, const char *value, size_t length) {
  /* Product and version are shorter than 13 bytes. */
  at[0] = (unsigned char)(delta << 4 | length);
  memcpy(at + 1, value, length);
  return length + 1;
}

static size_t request_for(unsigned char *message, unsigned id, unsigned number, int szx, char **segments) {
  const unsigned char head[] = {0x44, 0x01, id >> 8, id & 255, 0x5a, 0x45, id >> 8, id & 255};
  size_t length = sizeof head;
  memcpy(message, head, sizeof head);
  for (int i = 0; i < 3; i++) length += put_option(message + length, i == 0 ? URI_PATH : 0, segments[i], strlen(segments[i]));
  unsigned bits = number << 4 | (unsigned)szx;
  char block[] = {(char)(bits >> 8), (char)bits};
  return length + put_option(message + length, URI_PATH_AND_BLOCK2_DELTA, bits > 255 ? block : block + 1, bits > 255 ? 2 : 1);
}

/* Writes the payload of an answer; gives M of its Block2, or -1 when there is no payload. */
static int take_block(const unsigned char *message, size_t length) {
  size_t at = 4 + (message[0] & 15);
  int option = 0, more = 0;
  while (at < length && message[at] != 0xff) {
    int delta = message[at] >> 4, size = message[at] & 15;
    at++;
    if (delta == 13) delta += message[at++];
    if (size == 13) size += message[at++];
    option += delta;
    if (option == BLOCK2 && size > 0) more = message[at + size - 1] >> 3 & 1;
    at += size;
  }
  if (at >= length) return -1;
  fwrite(message + at + 1, 1, length - at - 1, stdout);
  return more;
}

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sends a request until it is answered: RFC 7252 4.2. */
static int exchange(const unsigned char *request, size_t request_length, unsigned char *answer, size_t room) {
  long timeout = ACK_TIMEOUT_MS + rand() % (ACK_TIMEOUT_MS / 2);
  for (int sent = 0; sent <= MAX_RETRANSMIT; sent++, timeout *= 2) {
    long deadline = now_ms() + timeout;
    if (mbedtls_ssl_write(&ssl, request, request_length) < 0) return -1;
    for (long rest = timeout; rest > 0; rest = deadline - now_ms()) {
      mbedtls_ssl_conf_read_timeout(&config, (uint32_t)rest);
      int length = mbedtls_ssl_read(&ssl, answer, room);
      if (length >= 8 && memcmp(answer + 2, request + 2, 2) == 0) return length;
      if (length < 0 && length != MBEDTLS_ERR_SSL_TIMEOUT && length != MBEDTLS_ERR_SSL_WANT_READ) return -1;
    }
  }
  return -1;
}

int main(int argc, char **argv) {
  unsigned char request[128], answer[2048];
  if (argc != 7) return 2;
  int szx = 0;
  while (16 << szx < atoi(argv[6])) szx++;
  char *segments[] = {"fw", argv[4], argv[5]};
  srand((unsigned)(now_ms() ^ (long)clock()));
  if (connect_to(argv[1], argv[2], argv[3]) != 0) return 3;
  unsigned first = (unsigned)rand() & 0x7fff;
  for (unsigned number = 0, more = 1; more != 0; number++) {
    size_t length = request_for(request, first + number, number, szx, segments);
    int answered = exchange(request, length, answer, sizeof answer);
    int block = answered < 0 ? -1 : take_block(answer, (size_t)answered);
    if (block < 0) return 1;
    more = (unsigned)block;
  }
  mbedtls_ssl_close_notify(&ssl);
  return 0;
}
