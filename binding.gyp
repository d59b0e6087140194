{
  "targets": [
    {
      "target_name": "narrowboat",
      "conditions": [
        ["OS=='linux'", {
          "sources": ["src/native/addon.c", "src/native/aead.c", "src/native/datagram-port.c"],
          "cflags": ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter", "-fvisibility=hidden"]
        }, { "type": "none" }]
      ]
    }
  ]
}
