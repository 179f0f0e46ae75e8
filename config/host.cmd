# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
# A host on IPoIB, without forwarding to another network: port 0 is the IPoIB port. It answers ARP,
# Neighbour Discovery and ping, and shows paths, groups and counters of a fabric.

ip address add 203.0.113.9/24 port 0
ip address add 2001:db8:f::9/64 port 0

# Only who sends from the LID that its GID has may change what we know of it.
ip set strict-source on port 0

# To everywhere else, by the gateway.
ip route add 0.0.0.0/0 via 203.0.113.1
ip route add ::/0 via 2001:db8:f::1
