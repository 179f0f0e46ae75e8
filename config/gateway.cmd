# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
# A gateway between an Ethernet network and IPoIB: port 0 is Ethernet, port 1 IPoIB.
# Commands of the prompt, one a line; forwarding starts after the last line. The first error stops
# the program with FILE:LINE and the reason.

# What neither side may exceed is what the links take; a smaller MTU would be, for example:
#port config mtu 0 1500

# The hosts' router on the Ethernet side, IPv4 and IPv6. Router advertisements tell the hosts so.
ip address add 192.0.2.1/24 port 0
ip address add 2001:db8:1::1/64 port 0
ip set ra on port 0

# Our address on the IPoIB subnet. MTU, Q_Key and broadcast group are the subnet manager's.
ip address add 203.0.113.1/24 port 1
ip address add 2001:db8:f::1/64 port 1

# IPoIB links may have a larger MTU than Ethernet: let TCP agree on segments that fit both.
ip set mss-clamp on port 0
ip set mss-clamp on port 1

# What lies behind other routers of the IPoIB subnet. Several gateways share the flows.
ip route add 198.51.100.0/24 via 203.0.113.2
ip route append 198.51.100.0/24 via 203.0.113.3

# Nothing leads to the rest of the documentation addresses: say so instead of asking for it.
ip route add unreachable 198.51.0.0/16
