# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""A gateway whose table of neighbours changes all the time while it is measured."""

import pathlib
import threading
import time

from programs import LAB, BenchError, Gateway

BATCH, EVERY_S = 500, 0.1  # neighbours added, and taken away again, at a time


class ChurnGateway(Gateway):
    """10,000 changes a second by its prompt: other neighbours come and go. hosts: who they are,
    (address, 20-octet address); port: theirs."""

    def __init__(self, *args, hosts, port, **kwargs):
        super().__init__(*args, **kwargs)
        self.batch = f"{LAB}/{self.name}.churn"
        lines = [f"ip neigh add {ip} lladdr {lladdr} port {port}" for ip, lladdr in hosts[:BATCH]]
        lines += [f"ip neigh del {ip} port {port}" for ip, _ in hosts[:BATCH]]
        pathlib.Path(self.batch).write_text("\n".join(lines) + "\n", encoding="ascii")

    def log_text(self):
        return pathlib.Path(f"{LAB}/{self.name}.log").read_text(encoding="utf-8", errors="replace")

    def batches(self):
        """How many the gateway has done so far: it repeats the line behind each."""
        return self.log_text().count("# batch")

    def churn(self, end):
        due = time.monotonic()
        while not end.is_set():
            self.say(f"load {self.batch}", "# batch")
            due += EVERY_S
            time.sleep(max(0.0, due - time.monotonic()))

    def measure(self, warm, seconds):
        self.wake()
        end = threading.Event()
        thread = threading.Thread(target=self.churn, args=(end,))
        before, begin = self.batches(), time.monotonic()
        thread.start()
        try:
            result = super().measure(warm, seconds)
        finally:
            self.wake()
            end.set()
            thread.join()
        took = time.monotonic() - begin
        text = self.log_text()
        self.sleep()
        result["figures"] = {"changes of neighbours a second in route_churn":
                             (text.count("# batch") - before) * 2 * BATCH / took}
        if "no room" in text or "expected" in text:
            raise BenchError(f"{self.name} does not take its changes:\n{self.tail()}")
        return result
