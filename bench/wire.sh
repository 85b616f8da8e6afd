#!/bin/bash
# wire.sh NETBENCH QUEUES COMMAND...: runs a machine on a network of its own: the TAP interface tap0, at whose end the host has 10.77.0.1 and
# netbench measures. QUEUES is "single" or "multi". Needs root; nothing of the host's own network is touched. Both print to one output: the
# guest is silent while netbench has something to say.
set -u
if [ "${1-}" != inside ]; then
    exec unshare --net "$0" inside "$@"
fi
netbench=$2
queues=$3
shift 3
[ "$queues" = multi ] || queues=
machine=
measurer=
# What is still there when this ends goes with it.
tidy() { kill $machine $measurer 2>/dev/null; wait; }
trap tidy EXIT
trap 'exit 143' INT TERM
# Without IPv6 nothing but what is measured is on the wire.
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up && "$netbench" tap tap0 $queues && ip address add 10.77.0.1/24 dev tap0 && ip link set tap0 up || exit 1
"$netbench" host &
measurer=$!
"$@" &
machine=$!
wait $machine
code=$?
machine=
kill $measurer 2>/dev/null && echo '# failed: the machine ended before its network was measured'
wait $measurer
exit $code
