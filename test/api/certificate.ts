// A certificate for localhost and 127.0.0.1, signed by itself, for a hundred years; its key guards nothing.

import type { Certificate } from "../../src/api/api-server.ts";

export const SELF_SIGNED: Certificate = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUXry+sX0H8zNYsLW8BY8Plf06+zcwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNzE4MjkzN1oYDzIxMjYxMTAz
MTgyOTM3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASBEdT9gBRMM03oEZ6OdPLdhN7Ec77ws97S5KTKPMgpQUjlMSdoJd4f
1NGjWe1NpJa5LCjdz/7JtzP8ZR9U1f/ao28wbTAdBgNVHQ4EFgQUe7JrAH+pX4qU
Xyt8aPs9Wag1SdowHwYDVR0jBBgwFoAUe7JrAH+pX4qUXyt8aPs9Wag1SdowDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgYKOyQ+yhzlaukXFBj3Q7wDzJF0fK9rWlAW1Lk6VDrqkCIGgg
chMOdMfFNXYuMzfyKmpeBibvSSBuoZEdUmzMLhWf
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9xdpExWb2OKhYA/u
ASMcLchFEyk5ddM8gGajNk4lpWihRANCAASBEdT9gBRMM03oEZ6OdPLdhN7Ec77w
s97S5KTKPMgpQUjlMSdoJd4f1NGjWe1NpJa5LCjdz/7JtzP8ZR9U1f/a
-----END PRIVATE KEY-----
`,
};
