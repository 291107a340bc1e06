#!/bin/sh
# Runs a command in a network of its own: loopback, one more address, and UDP that is `open` or `closed`. Open, it is
# closed by the command in VIVA_TEST_CLOSE_UDP. Needs no root, only user namespaces, and nothing but iproute2.
#   no_udp.sh open|closed command…
set -eu
if [ -z "${VIVA_TEST_INSIDE:-}" ]; then
  VIVA_TEST_INSIDE=1 exec unshare --user --map-root-user --net "$0" "$@"
fi
ip link set lo up
# Browsers gather no candidates of loopback: another address leads there.
ip link add va type veth peer name vb
ip addr add 10.9.9.1/24 dev va
ip link set va up
ip link set vb up
ip route add default via 10.9.9.2
# A queue that is too short for any packet; the filter leads UDP into it.
tc qdisc add dev lo root handle 1: htb default 1
tc class add dev lo parent 1: classid 1:1 htb rate 1gbit quantum 60000
tc class add dev lo parent 1: classid 1:2 htb rate 8bit burst 1 cburst 1 quantum 1500
tc qdisc add dev lo parent 1:2 handle 20: tbf rate 8bit burst 8 limit 8
close_udp="tc filter add dev lo parent 1: protocol ip prio 1 u32 match ip protocol 17 0xff flowid 1:2"
[ "$1" = open ] || $close_udp
shift
VIVA_TEST_CLOSE_UDP="$close_udp" exec "$@"
