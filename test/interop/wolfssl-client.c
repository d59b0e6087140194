/* A DTLS 1.2 client by wolfSSL, which has the ECDHE_PSK suite with GCM that neither OpenSSL nor GnuTLS has.
 *   wolfssl-client PORT CIPHER IDENTITY KEY
 * sends what is on standard input as one record and writes the first record that comes back to standard output. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static const char *identity;
static const char *key;

static unsigned int give_psk(WOLFSSL *ssl, const char *hint, char *identity_out, unsigned int identity_max,
                             unsigned char *key_out, unsigned int key_max) {
  (void)ssl;
  (void)hint;
  size_t key_length = strlen(key);
  if (strlen(identity) >= identity_max || key_length > key_max) return 0;
  strcpy(identity_out, identity);
  memcpy(key_out, key, key_length);
  return (unsigned int)key_length;
}

static WOLFSSL *connect_to(int port, const char *cipher) {
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfDTLSv1_2_client_method());
  if (fd < 0 || context == NULL || wolfSSL_CTX_set_cipher_list(context, cipher) != WOLFSSL_SUCCESS) return NULL;
  wolfSSL_CTX_set_psk_client_callback(context, give_psk);
  WOLFSSL *ssl = wolfSSL_new(context);
  if (ssl == NULL) return NULL;
  wolfSSL_dtls_set_peer(ssl, &server, sizeof server);
  wolfSSL_set_fd(ssl, fd);
  if (wolfSSL_connect(ssl) == WOLFSSL_SUCCESS) return ssl;
  fprintf(stderr, "wolfSSL error %d\n", wolfSSL_get_error(ssl, 0));
  return NULL;
}

int main(int argc, char **argv) {
  unsigned char record[2048];
  if (argc != 5) return 2;
  identity = argv[3];
  key = argv[4];
  wolfSSL_Init();
  WOLFSSL *ssl = connect_to(atoi(argv[1]), argv[2]);
  if (ssl == NULL) return 1;
  ssize_t length = read(STDIN_FILENO, record, sizeof record);
  if (length <= 0 || wolfSSL_write(ssl, record, (int)length) != (int)length) return 1;
  int received = wolfSSL_read(ssl, record, sizeof record);
  if (received <= 0 || fwrite(record, 1, received, stdout) != (size_t)received) return 1;
  wolfSSL_shutdown(ssl);
  return 0;
}
