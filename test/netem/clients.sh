#!/bin/bash
# What runs in the Linux with netem: a server of the stores in $DATA, and for each line of $ROWS clients that pull through
# netem, one after the other. A line: its number, how many clients, client, block size, netem's words. Says
# "took NUMBER MICROSECONDS whole" of each client that got the image, and "took NUMBER MICROSECONDS broken" of others.
set -euo pipefail
cp -r "$DATA" data
"$NODE" "$NARROWBOAT" serve --data data --host 127.0.0.1 --coaps-port 5684 --no-save-sessions >log 2>&1 &
server=$!
until grep -q ^listening log; do
  kill -0 "$server" || { cat log; exit 1; }
  sleep 0.1
done

# One netem to the server and one from it: each direction has a rate and a chain of losses of its own. Linux wants one that
# doubles datagrams to be the only one, and it needs no memory.
shape() { # shape NETEM...
  tc qdisc del dev lo root 2>/dev/null || true
  if [[ " $* " == *" duplicate "* ]]; then
    tc qdisc add dev lo root netem "$@"
    return
  fi
  tc -batch - <<END
qdisc add dev lo root handle 1: prio priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
qdisc add dev lo parent 1:2 netem $*
qdisc add dev lo parent 1:3 netem $*
filter add dev lo parent 1: protocol ip u32 match ip dport 5684 0xffff flowid 1:2
filter add dev lo parent 1: protocol ip u32 match ip sport 5684 0xffff flowid 1:3
END
}

pull() { # pull CLIENT BLOCKSIZE
  local image=coaps://127.0.0.1/fw/boat/b$2
  if [ "$1" = narrowboat ]; then
    "$NODE" "$NARROWBOAT" pull "$image" --identity "$IDENTITY" --key "$KEY_HEX" -o pulled
  else
    "$1" -u "$IDENTITY" -k "$KEY" -b "$2" -B 100000 -o pulled "$image"
  fi
}

while read -r number count client size words; do
  # Netem's words, one by one.
  # shellcheck disable=SC2086
  shape $words
  for _ in $(seq "$count"); do
    rm -f pulled
    begun=${EPOCHREALTIME/./}
    pull "$client" "$size" >/dev/null 2>&1 </dev/null || true
    ended=${EPOCHREALTIME/./}
    echo "took $number $((ended - begun)) $(cmp -s pulled "$DATA/source-b$size.bin" && echo whole || echo broken)"
  done
done <"$ROWS"
