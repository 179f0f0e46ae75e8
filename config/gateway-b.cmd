# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
# Gateway B of the demo: Ethernet on port 0, InfiniBand on port 1. See gateway-a.cmd.

# The servers' Ethernet.
ip address add 198.51.100.1/24 port 0

# The InfiniBand side.
ip address add 203.0.113.2/24 port 1

# The network behind gateway A.
ip route add 192.0.2.0/24 via 203.0.113.1
