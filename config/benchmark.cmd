# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
# A generator: port 0 is the IPoIB port (or an Ethernet port, then with "set eth-peer"). It sends
# UDP packets to the peers below as fast as it can; the options of the command line say the same
# (--forward-mode txonly --txpkts 1024 ...). For the other side: set fwd rxonly.

set fwd txonly
set burst 64

# Length of the IP packets, octets: 64 measures packets a second, the MTU octets a second.
set txpkts 1024
set tx-ip 198.18.0.1 198.18.0.2
set tx-udp 9 9

# 0: no limit. A small rate first shows whether all of it arrives.
set tx-pps 1000

# Whom to send to: the 20 octets that "ipoib show" of the receiver prints, or Linux's "ip link".
# More lines of this kind: the packets go to all of them in turn.
set ipoib-peer 0 80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:07
