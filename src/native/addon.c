// The native parts of Narrowboat as one Node-API add-on, so that one binary serves every version of Node.js.

#include "addon.h"

bool read_bytes(napi_env env, napi_value value, byte_view *view) {
  napi_typedarray_type type;
  void *data;
  if (napi_get_typedarray_info(env, value, &type, &view->length, &data, NULL, NULL) != napi_ok || type != napi_uint8_array) {
    napi_throw_type_error(env, NULL, "a Uint8Array is needed");
    return false;
  }
  view->data = data;
  return true;
}

void export_function(napi_env env, napi_value exports, const char *name, napi_callback function, void *data) {
  napi_value value;
  MUST(napi_create_function(env, name, NAPI_AUTO_LENGTH, function, data, &value));
  MUST(napi_set_named_property(env, exports, name, value));
}

NAPI_MODULE_INIT() {
  export_aead(env, exports);
  export_datagram_port(env, exports);
  return exports;
}
