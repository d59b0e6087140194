// What the files of the add-on share: the two parts that it exports, and how they tell JavaScript of a wrong call.

#ifndef NARROWBOAT_ADDON_H
#define NARROWBOAT_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Calls that fail only when Node.js itself is broken.
#define MUST(call)                                                                  \
  do {                                                                              \
    if ((call) != napi_ok) napi_fatal_error(__func__, NAPI_AUTO_LENGTH, #call, NAPI_AUTO_LENGTH); \
  } while (0)

typedef struct {
  uint8_t *data;
  size_t length;
} byte_view;

// The bytes of a Uint8Array; false, with a TypeError thrown, for anything else.
bool read_bytes(napi_env env, napi_value value, byte_view *view);

void export_function(napi_env env, napi_value exports, const char *name, napi_callback function, void *data);

void export_aead(napi_env env, napi_value exports);
void export_datagram_port(napi_env env, napi_value exports);

#endif
