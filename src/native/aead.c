// AES-128-CCM and -GCM, and AES-256-GCM, with OpenSSL contexts that are kept: the key schedule is made once for a session,
// and a record costs a tenth of what Node's createCipheriv costs. The cipher is OpenSSL's, as Node.js carries and exports it.
//
// Nonce, additional data and opened content go through two arrays that JavaScript and this file share, so that a call
// carries few arguments: each of them costs as much as sixteen bytes of AES.

#define _GNU_SOURCE
#include "addon.h"
#include <dlfcn.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#define NONCE_LENGTH 12
#define KEY_LENGTH 16
#define LONG_KEY_LENGTH 32
#define TAG_LENGTH_MAX 16
#define INT_LENGTH_MAX (1 << 20)

// Looked up at run time: a Node.js that carries another library than OpenSSL has the add-on without this part.
#define OPENSSL_FUNCTIONS(X)                                                                                   \
  X(EVP_CIPHER_fetch) X(EVP_CIPHER_CTX_new) X(EVP_CIPHER_CTX_free) X(EVP_CIPHER_CTX_ctrl)   \
  X(EVP_EncryptInit_ex) X(EVP_EncryptUpdate) X(EVP_EncryptFinal_ex)                                            \
  X(EVP_DecryptInit_ex) X(EVP_DecryptUpdate) X(EVP_DecryptFinal_ex)

static struct {
#define POINTER(name) __typeof__(&name) name;
  OPENSSL_FUNCTIONS(POINTER)
#undef POINTER
  EVP_CIPHER *ccm;
  EVP_CIPHER *gcm;
  EVP_CIPHER *gcm_256;
} openssl;

static pthread_once_t openssl_looked_for = PTHREAD_ONCE_INIT;

static void find_openssl(void) {
#define FIND(name)                                           \
  *(void **)&openssl.name = dlsym(RTLD_DEFAULT, #name);      \
  if (openssl.name == NULL) return;
  OPENSSL_FUNCTIONS(FIND)
#undef FIND
  openssl.ccm = openssl.EVP_CIPHER_fetch(NULL, "AES-128-CCM", NULL);
  openssl.gcm = openssl.EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
  openssl.gcm_256 = openssl.EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

// What one thread of JavaScript shares with this file. The arrays are looked at anew in each call: a pointer that was
// kept would dangle once somebody transfers their buffer.
typedef struct {
  // The nonce, and behind it the additional data.
  napi_ref header;
  // What was opened.
  napi_ref content;
} aead;

typedef struct {
  // CONTEXT_MAGIC: tells a context from the external of another part.
  uint64_t magic;
  aead *owner;
  EVP_CIPHER_CTX *cipher;
  int tag_length;
  bool ccm;
  bool seals;
} cipher_context;

// No pointer, and no small number: nothing else that an add-on keeps begins with it. A type tag of Node-API would cost each
// record a look-up of a private property.
#define CONTEXT_MAGIC UINT64_C(0x6e6172726f77626f)

static bool read_context(napi_env env, napi_value value, cipher_context **context) {
  void *data;
  if (napi_get_value_external(env, value, &data) != napi_ok || data == NULL) return false;
  *context = data;
  return (*context)->magic == CONTEXT_MAGIC;
}

// No bytes when the array is gone.
static byte_view shared_bytes(napi_env env, napi_ref kept) {
  napi_value value;
  napi_typedarray_type type;
  byte_view view;
  void *data;
  if (kept == NULL || napi_get_reference_value(env, kept, &value) != napi_ok || value == NULL ||
      napi_get_typedarray_info(env, value, &type, &view.length, &data, NULL, NULL) != napi_ok) {
    return (byte_view){0};
  }
  view.data = data;
  return view;
}

static void forget_context(cipher_context *context) {
  // Freed by OpenSSL with its keys overwritten.
  if (context->cipher != NULL) openssl.EVP_CIPHER_CTX_free(context->cipher);
  context->cipher = NULL;
}

static void finalize_context(napi_env env, void *data, void *hint) {
  cipher_context *context = data;
  forget_context(context);
  context->magic = 0;
  free(context);
}

static bool begin(cipher_context *c, const uint8_t *nonce, uint8_t *tag) {
  EVP_CIPHER_CTX *cipher = c->cipher;
  if (c->seals) return openssl.EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, nonce) == 1;
  return openssl.EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, c->tag_length, tag) == 1 &&
         openssl.EVP_DecryptInit_ex(cipher, NULL, NULL, NULL, nonce) == 1;
}

typedef struct {
  cipher_context *context;
  byte_view bytes;
  byte_view header;
  uint32_t offset;
  uint32_t length;
  uint32_t additional_length;
} record_call;

// Everything of one record: from `in`, behind which the tag stands, to `out`, which may be the same.
static bool crypt(record_call *call, uint8_t *in, uint8_t *out) {
  cipher_context *c = call->context;
  int n, length = (int)call->length;
  uint8_t *tag = in + length;
  __typeof__(openssl.EVP_EncryptUpdate) update = c->seals ? openssl.EVP_EncryptUpdate : openssl.EVP_DecryptUpdate;
  if (!begin(c, call->header.data, tag)) return false;
  // RFC 3610: the length stands in the first block that CCM authenticates.
  if (c->ccm && update(c->cipher, NULL, &n, NULL, length) != 1) return false;
  if (update(c->cipher, NULL, &n, call->header.data + NONCE_LENGTH, (int)call->additional_length) != 1) return false;
  if (update(c->cipher, out, &n, in, length) != 1) return false;
  if (!c->seals) return c->ccm || openssl.EVP_DecryptFinal_ex(c->cipher, out + length, &n) == 1;
  return openssl.EVP_EncryptFinal_ex(c->cipher, out + length, &n) == 1 &&
         openssl.EVP_CIPHER_CTX_ctrl(c->cipher, EVP_CTRL_AEAD_GET_TAG, c->tag_length, tag) == 1;
}

// (context, bytes, offset, length, additionalLength): false, with an error thrown, for what our own code never says.
static bool read_record_call(napi_env env, napi_callback_info info, bool seals, record_call *call) {
  napi_value values[5];
  size_t count = 5;
  MUST(napi_get_cb_info(env, info, &count, values, NULL, NULL));
  if (count < 5 || !read_context(env, values[0], &call->context) ||
      napi_get_value_uint32(env, values[2], &call->offset) != napi_ok ||
      napi_get_value_uint32(env, values[3], &call->length) != napi_ok ||
      napi_get_value_uint32(env, values[4], &call->additional_length) != napi_ok) {
    napi_throw_type_error(env, NULL, "(context, bytes, offset, length, additionalLength) is needed");
    return false;
  }
  if (!read_bytes(env, values[1], &call->bytes)) return false;
  call->header = shared_bytes(env, call->context->owner->header);
  uint64_t end = (uint64_t)call->offset + call->length + (uint32_t)call->context->tag_length;
  if (call->context->cipher == NULL || call->context->seals != seals || end > call->bytes.length ||
      call->length > INT_LENGTH_MAX || call->additional_length > INT_LENGTH_MAX ||
      call->additional_length + NONCE_LENGTH > call->header.length) {
    napi_throw_range_error(env, NULL, "outside of the bytes, or a context that is released or of the other direction");
    return false;
  }
  return true;
}

static napi_value seal(napi_env env, napi_callback_info info) {
  record_call call;
  if (!read_record_call(env, info, true, &call)) return NULL;
  uint8_t *text = call.bytes.data + call.offset;
  if (!crypt(&call, text, text)) napi_throw_error(env, NULL, "OpenSSL cannot seal");
  return NULL;
}

static napi_value open(napi_env env, napi_callback_info info) {
  record_call call;
  if (!read_record_call(env, info, false, &call)) return NULL;
  byte_view content = shared_bytes(env, call.context->owner->content);
  if (call.length > content.length) {
    napi_throw_range_error(env, NULL, "longer than what can be opened");
    return NULL;
  }
  bool authentic = crypt(&call, call.bytes.data + call.offset, content.data);
  napi_value result;
  MUST(napi_get_boolean(env, authentic, &result));
  return result;
}

// The length of the key tells AES-128 from AES-256; NULL for what is not offered.
static const EVP_CIPHER *cipher_for(size_t key_length, bool ccm) {
  if (key_length == KEY_LENGTH) return ccm ? openssl.ccm : openssl.gcm;
  return key_length == LONG_KEY_LENGTH && !ccm ? openssl.gcm_256 : NULL;
}

// (key, tagLength, ccm, seals)
static napi_value create_context(napi_env env, napi_callback_info info) {
  napi_value values[4];
  size_t count = 4;
  void *data;
  byte_view key;
  int32_t tag_length;
  bool ccm, seals;
  MUST(napi_get_cb_info(env, info, &count, values, NULL, &data));
  if (count < 4 || !read_bytes(env, values[0], &key)) return NULL;
  const EVP_CIPHER *algorithm = NULL;
  if (napi_get_value_int32(env, values[1], &tag_length) == napi_ok && (tag_length == 8 || tag_length == TAG_LENGTH_MAX) &&
      napi_get_value_bool(env, values[2], &ccm) == napi_ok && napi_get_value_bool(env, values[3], &seals) == napi_ok) {
    algorithm = cipher_for(key.length, ccm);
  }
  if (algorithm == NULL) {
    napi_throw_type_error(env, NULL, "(key of 16 bytes, or of 32 for GCM, tag length of 8 or 16, ccm, seals) is needed");
    return NULL;
  }
  aead *a = data;
  cipher_context *context = calloc(1, sizeof *context);
  EVP_CIPHER_CTX *cipher = context == NULL ? NULL : openssl.EVP_CIPHER_CTX_new();
  __typeof__(openssl.EVP_EncryptInit_ex) init = seals ? openssl.EVP_EncryptInit_ex : openssl.EVP_DecryptInit_ex;
  bool ready = cipher != NULL && init(cipher, algorithm, NULL, NULL, NULL) == 1 &&
               openssl.EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_IVLEN, NONCE_LENGTH, NULL) == 1 &&
               (!ccm || openssl.EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, tag_length, NULL) == 1) &&
               init(cipher, NULL, NULL, key.data, NULL) == 1;
  if (!ready) {
    if (cipher != NULL) openssl.EVP_CIPHER_CTX_free(cipher);
    free(context);
    napi_throw_error(env, NULL, "OpenSSL cannot make a context");
    return NULL;
  }
  *context = (cipher_context){
      .magic = CONTEXT_MAGIC, .owner = a, .cipher = cipher, .tag_length = tag_length, .ccm = ccm, .seals = seals};
  napi_value result;
  MUST(napi_create_external(env, context, finalize_context, NULL, &result));
  return result;
}

static napi_value release_context(napi_env env, napi_callback_info info) {
  napi_value value;
  size_t count = 1;
  cipher_context *context;
  MUST(napi_get_cb_info(env, info, &count, &value, NULL, NULL));
  if (read_context(env, value, &context)) forget_context(context);
  return NULL;
}

// (header, content): the arrays that all calls share.
static napi_value share(napi_env env, napi_callback_info info) {
  napi_value values[2];
  size_t count = 2;
  byte_view header, content;
  void *data;
  MUST(napi_get_cb_info(env, info, &count, values, NULL, &data));
  aead *a = data;
  if (!read_bytes(env, values[0], &header) || !read_bytes(env, values[1], &content)) return NULL;
  if (a->header != NULL) {
    napi_throw_error(env, NULL, "the arrays are shared already");
    return NULL;
  }
  MUST(napi_create_reference(env, values[0], 1, &a->header));
  MUST(napi_create_reference(env, values[1], 1, &a->content));
  return NULL;
}

static void forget_aead(napi_env env, void *data, void *hint) { free(data); }

void export_aead(napi_env env, napi_value exports) {
  pthread_once(&openssl_looked_for, find_openssl);
  if (openssl.ccm == NULL || openssl.gcm == NULL || openssl.gcm_256 == NULL) return;
  aead *a = calloc(1, sizeof *a);
  if (a == NULL) return;
  napi_value part;
  MUST(napi_create_object(env, &part));
  // As long as the environment: a function may outlive the object that it came in.
  MUST(napi_set_instance_data(env, a, forget_aead, NULL));
  export_function(env, part, "share", share, a);
  export_function(env, part, "createContext", create_context, a);
  export_function(env, part, "releaseContext", release_context, a);
  export_function(env, part, "seal", seal, a);
  export_function(env, part, "open", open, a);
  MUST(napi_set_named_property(env, exports, "aead", part));
}
