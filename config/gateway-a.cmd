# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
# Gateway A of the demo: Ethernet on port 0, InfiniBand on port 1.
#
#   client 192.0.2.2 --- 192.0.2.1 [A] 203.0.113.1 === IPoIB === 203.0.113.2 [B] --- server
#
# Each line is a command of the prompt; `dpdk-ipoib -i` and `help` explain them.
# The program starts forwarding after the last line.

# The clients' Ethernet. An address makes its subnet reachable.
ip address add 192.0.2.1/24 port 0

# The InfiniBand side. Broadcast group, MTU and Q_Key come from the subnet manager.
ip address add 203.0.113.1/24 port 1

# The network behind gateway B.
ip route add 198.51.100.0/24 via 203.0.113.2
