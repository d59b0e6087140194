#include "addon.h"

void export_datagram_port(napi_env env, napi_value exports) {}
