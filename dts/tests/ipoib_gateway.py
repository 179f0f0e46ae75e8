# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors

"""Two gateways between the traffic generator's ports, for the suites of dpdk-ipoib.

Both run on the SUT. The InfiniBand ports may be two HCAs, or two ports of one, on a fabric with a
subnet manager::

    TG egress --- Ethernet [gateway A] IPoIB === fabric === IPoIB [gateway B] Ethernet --- TG ingress
    192.168.100.3     192.168.100.2  203.0.113.1     203.0.113.2  192.168.101.2     192.168.101.3

The IP addresses of the Ethernet side are the framework's own. In each gateway the Ethernet port is
port 0 and the IPoIB port is port 1. The gateways are driven through their prompt.
"""

import json
import re
import time
from pathlib import PurePath
from typing import Any, ClassVar

from api.packet import send_packets_and_capture
from api.test import log, verify
from framework.context import get_ctx
from framework.params import Params
from framework.remote_session.interactive_shell import InteractiveShell
from framework.test_suite import BaseConfig, TestSuite
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

ETHERNET = 0
IPOIB = 1
A_IPOIB = "203.0.113.1"
B_IPOIB = "203.0.113.2"


class GatewayConfig(BaseConfig):
    """What the testbed has; ``tests_config.yaml`` sets it for each suite.

    Attributes:
        program: Path of dpdk-ipoib on the SUT.
        eal_a: EAL options of gateway A for its ports. ``{pci}`` is the SUT's Ethernet function.
        eal_b: The same of gateway B.
        lcores_a: EAL's ``--lcores`` of gateway A: main, control, and one or more workers.
        lcores_b: The same of gateway B.
        options: More options of both programs.
        log_dir: Folder on the SUT for their logs.
        up_s: How long the IPoIB ports may take to come up, seconds.
        capture_s: How long the wire has to be quiet for a capture to end, seconds.
        pkey: A P_Key of both HCA ports beside the default partition's, full membership.
        pkey_absent: A P_Key that neither port has.
    """

    program: str = "/usr/bin/dpdk-ipoib"
    eal_a: str = "-a {pci} --vdev net_ipoib0,hca=verbs,device=mlx5_0"
    eal_b: str = "-a {pci} --vdev net_ipoib0,hca=verbs,device=mlx5_1"
    lcores_a: str = "1-3"
    lcores_b: str = "4-6"
    options: str = ""
    log_dir: str = "/tmp"
    up_s: float = 20.0
    capture_s: float = 1.0
    pkey: str = "0x8001"
    pkey_absent: str = "0x8abc"


class Gateway(InteractiveShell):
    """The prompt of one dpdk-ipoib on the SUT."""

    _default_prompt: ClassVar[str] = "dpdk-ipoib>"
    _command_extra_chars: ClassVar[str] = "\n"

    def __init__(self, name: str, config: GatewayConfig, eal: str, options: str) -> None:
        """Prepare, but do not start it.

        Args:
            name: Name of the gateway; its EAL file prefix is made of it.
            config: The suite's configuration.
            eal: EAL options.
            options: The program's own.
        """
        self.prefix = f"dts-{name}"
        self._program = config.program
        params = Params()
        # The log goes elsewhere: a line of it behind the prompt would hide the prompt.
        self.log_file = f"{config.log_dir}/{self.prefix}.log"
        params.append_str(f"--file-prefix {self.prefix} {eal} -- -i -a {options} "
                          f"2>{self.log_file}")
        super().__init__(get_ctx().sut_node, name, privileged=True, app_params=params)

    @property
    def path(self) -> PurePath:
        """Path of dpdk-ipoib."""
        return PurePath(self._program)

    def say(self, command: str) -> str:
        """Run `command` and return what it prints, without the echo of the command."""
        out = self.send_command(command).replace("\r", "")
        # Its echo is behind the prompt, or is the terminal's if the prompt was not there yet.
        echo = (command, "")
        lines = [line for line in out.splitlines() if self._default_prompt not in line]
        return "\n".join(line for line in lines if line.strip() not in echo).strip()

    def last_words(self) -> str:
        """The end of its log."""
        session = get_ctx().sut_node.main_session
        return session.send_command(f"tail -n 5 {self.log_file}", privileged=True).stdout

    def quiet(self, command: str) -> None:
        """Run `command`, which must have nothing to say."""
        answer = self.say(command)
        verify(not answer, f"{self.prefix}: '{command}' says '{answer}'")

    def rows(self, command: str) -> list[dict[str, Any]]:
        """Run `command` with ``json`` behind it and return its rows."""
        text = self.say(f"{command} json")
        try:
            return json.loads(text)
        except ValueError:
            verify(False, f"{self.prefix}: '{command} json' gives no table: {text}")
            return []

    def info(self, port: int = IPOIB) -> dict[str, Any]:
        """What ``ipoib show`` knows of an IPoIB port."""
        return self.rows(f"ipoib show {port}")[0]

    def counters(self, port: int | None = None) -> dict[str, int]:
        """Forwarding statistics of a port, or the sum over all; what is not shown is 0."""
        which = "all ports" if port is None else f"port {port} "
        text = self.say("show fwd stats all")
        at = text.find(f"tatistics for {which}")
        part = re.split(r"\n\s*[-+]{20,}", text[at:], maxsplit=1)[0] if at >= 0 else ""
        found = re.findall(r"([A-Za-z_][\w-]*):? +(\d+)", part.partition("\n")[2])
        return Counters({name: int(value) for name, value in found})

    def wait_up(self, seconds: float, port: int = IPOIB) -> None:
        """Wait until an IPoIB port is up: it has a LID, and its broadcast group is joined."""
        until(seconds, lambda: self.info(port)["link"] == "up",
              lambda: f"{self.prefix}: port {port} is {self.info(port)['link']}")

    def kill(self) -> None:
        """End the program without letting it clean up, as a crash does."""
        session = get_ctx().sut_node.main_session
        # The brackets: the pattern shall not find the command that looks for it. What is privileged
        # goes through sh -c '...', so quotes in it have to be the other ones.
        session.send_command(f'pkill -KILL -f "[f]ile-prefix {self.prefix} "', privileged=True)
        self.is_alive = False
        super().close()

    def close(self) -> None:
        """Leave the prompt, which ends the program, and the shell."""
        if self.is_alive:
            self.is_alive = False
            self._stdin.write("quit\n")
            self._stdin.flush()
        super().close()


class Counters(dict[str, int]):
    """Counters by name; those that were not shown are zero."""

    def __missing__(self, key: str) -> int:
        """Return 0."""
        return 0


def until(seconds: float, condition: Any, failure: Any) -> None:
    """Wait for `condition`.

    Args:
        seconds: The longest wait.
        condition: Called until it returns something true.
        failure: Called for the words of the failure.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            verify(False, failure())
        time.sleep(0.05)


def numbered(count: int, size: int = 100, **ip: Any) -> list[Packet]:
    """Make UDP packets that can be told from each other by their payload.

    Args:
        count: How many.
        size: Length of the frames without FCS.
        ip: Fields of the IP header; addresses are the framework's unless they are here.

    Returns:
        The packets.
    """
    room = size - 42
    return [
        Ether()
        / IP(**ip)
        / UDP(sport=4000, dport=5000)
        / Raw(f"ipoib-{i:06d}-".encode().ljust(room, b".")[:room])
        for i in range(count)
    ]


def numbers(packets: list[Packet]) -> list[int]:
    """The numbers of :func:`numbered` packets, in the order of arrival."""
    found = (re.match(rb"ipoib-(\d{6})-", bytes(p[UDP].payload)) for p in packets if UDP in p)
    return [int(m[1]) for m in found if m]


class IpoibTestSuite(TestSuite):
    """A suite with both gateways, started once for all its cases.

    Attributes:
        a: Gateway A, on the side from which the traffic generator sends.
        b: Gateway B, on the side where it captures.
    """

    config: GatewayConfig
    a: Gateway
    b: Gateway

    #: Options of both gateways beside those of the configuration.
    more_options: ClassVar[str] = ""

    def start_gateway(self, name: str) -> None:
        """Start gateway ``a`` or ``b`` and give it its addresses and routes."""
        c = self.config
        if name == "a":
            port, lcores, eal = self.topology.sut_port_ingress, c.lcores_a, c.eal_a
        else:
            port, lcores, eal = self.topology.sut_port_egress, c.lcores_b, c.eal_b
        gateway = Gateway(name, c, f"--lcores {lcores} " + eal.replace("{pci}", port.pci),
                          f"{c.options} {self.more_options}")
        setattr(self, name, gateway)
        try:
            gateway.start_application()
        except Exception:
            log(gateway.last_words())
            raise
        if name == "a":
            own, ipoib, far = self._sut_ip_address_ingress, A_IPOIB, self._tg_ip_address_ingress
            via, host, mac = B_IPOIB, self._tg_ip_address_egress, self.topology.tg_port_egress
        else:
            own, ipoib, far = self._sut_ip_address_egress, B_IPOIB, self._tg_ip_address_egress
            via, host, mac = A_IPOIB, self._tg_ip_address_ingress, self.topology.tg_port_ingress
        gateway.quiet(f"ip address add {own} port {ETHERNET}")
        gateway.quiet(f"ip address add {ipoib}/24 port {IPOIB}")
        gateway.quiet(f"ip route add {far.network} via {via}")
        # scapy does not answer ARP.
        gateway.quiet(f"ip neigh add {host.ip} lladdr {mac.mac_address} port {ETHERNET}")

    def set_up_suite(self) -> None:
        """Start both gateways and wait for their IPoIB ports."""
        self.start_gateway("a")
        self.start_gateway("b")
        self.a.wait_up(self.config.up_s)
        self.b.wait_up(self.config.up_s)

    def tear_down_suite(self) -> None:
        """Every packet has to be accounted for; then end both gateways."""
        gateways = [getattr(self, name) for name in ("a", "b") if hasattr(self, name)]
        try:
            for gateway in gateways:
                if gateway.is_alive:
                    self.verify_accounted(gateway)
        finally:
            for gateway in gateways:
                gateway.close()

    def verify_accounted(self, gateway: Gateway) -> None:
        """Stop forwarding: what came in has to be what went out, was delivered or was dropped."""
        out = gateway.say("stop")
        gateway.say("start")
        verify(re.search(r"^\s*unaccounted 0$", out, re.M) is not None,
               f"{gateway.prefix}: packets are unaccounted for: {out}")

    def capture(self, packets: list[Packet]) -> list[Packet]:
        """Send packets at the one end and return what arrives at the other."""
        got = send_packets_and_capture(packets, duration=self.config.capture_s)
        log(f"sent {len(packets)}, arrived {len(got)}")
        return got

    def verify_delivered(self, packets: list[Packet], what: str) -> None:
        """All of these :func:`numbered` packets arrive, once each and in order."""
        got = numbers(self.capture(packets))
        want = numbers(packets)
        verify(got == want, f"{what}: {len(want)} packets were sent, in order, and {got} arrived")

    def until_delivered(self, seconds: float, what: str) -> None:
        """Send single packets until one arrives."""
        until(seconds, lambda: numbers(self.capture(numbered(1))) == [0],
              lambda: f"{what}: nothing arrives within {seconds} s")
