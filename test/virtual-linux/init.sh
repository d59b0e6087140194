#!/bin/sh
# The first process of a Linux that runs as a process, on the files of the computer below it, which it only reads; what is
# written goes into memory, at /run. Runs the words of the file $COMMAND, one a line, and says how they ended.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
for module in sch_netem sch_prio cls_u32; do
  insmod "/usr/lib/uml/modules/$(uname -r)/kernel/net/sched/$module.ko"
done
ip link set dev lo up
cd /run || halt -f
xargs -d '\n' -a "$COMMAND" env </dev/null
echo "ended $?"
halt -f
