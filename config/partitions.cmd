# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
# Two networks in two partitions: port 0 is Ethernet with two VLANs, port 1 IPoIB in the default
# partition. What comes from a VLAN leaves by its partition only, and the other way round.
# OpenSM's partitions.conf needs this HCA port as a full member of 0x8001 and 0x8002:
#
#   blue=0x1,  ipoib, defmember=full : SELF, ALL_CAS;
#   green=0x2, ipoib, defmember=full : SELF, ALL_CAS;

# Numbers of new ports: the IPoIB ports get the next free ones after the devices (3 and 4 here,
# where port 2 carries port 1), sub-ports count from 32.
ipoib pkey add 1 0x8001
ipoib pkey add 1 0x8002
ip vlan add 100 port 0
ip vlan add 200 port 0

ip address add 192.0.2.1/24 port 32
ip address add 203.0.113.1/24 port 3
ip bind add port 32 to 3
ip bind add port 3 to 32

ip address add 192.0.3.1/24 port 33
ip address add 203.0.114.1/24 port 4
ip bind add port 33 to 4
ip bind add port 4 to 33
