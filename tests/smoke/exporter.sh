#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
#
# A real Prometheus scrapes a gateway; every query of the dashboard returns
# data, every alert fires by what it is for; a program that dies gives up 0, and
# one that comes back is found again.

# shellcheck source=../lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab.sh"
lab_enter "$@"

config=$LAB_TOP/config/prometheus
exporter=$LAB_TOP/usertools/dpdk-ipoib-exporter
prometheus=$("$LAB_TOP/devtools/prometheus.sh" --path) || lab_die "no Prometheus: make deps"
url=http://127.0.0.1:9090

# metric NAME VALUE: so the exporter says.
metric() { curl -s http://127.0.0.1:9980/metrics | grep -qxF "$1 $2"; }
# prometheus_has QUERY: it has a result.
prometheus_has()
{
	curl -s --data-urlencode "query=$1" "$url/api/v1/query" | grep -q '"metric":'
}

# The rules and the sample configuration, by Prometheus' own tool.
cp "$config"/*.yml "$LAB_TOP/tests/smoke/alerts.yml" "$LAB"
"$prometheus/promtool" check config prometheus.yml || lab_fail "prometheus.yml"
"$prometheus/promtool" test rules alerts.yml || lab_fail "alerts"
grep -oE 'alert: .*' dpdk-ipoib.rules.yml | cut -d ' ' -f 2 | while read -r alert; do
	grep -q "alertname=\"$alert\"" alerts.yml || lab_die "no test of the alert $alert"
done || lab_fail "alerts"

# Without a program.
"$exporter" -f gateway-a --once >once.out && lab_fail "status 0 although nothing runs"
grep -qx 'dpdk_ipoib_up 0.0' once.out || lab_fail "no up 0"
"$exporter" -f gateway-a -l 127.0.0.1:9980 >exporter.log 2>&1 &
lab_wait 10 metric dpdk_ipoib_up 0.0 || lab_fail "the exporter does not say up 0"
"$exporter" -f gateway-a 2>once.err && lab_fail "two exporters at one port"
grep -qx 'dpdk-ipoib-exporter: cannot listen at 127.0.0.1:9980: Address already in use' once.err ||
	lab_fail "$(cat once.err)"

lab_start
lab_wait 5 metric dpdk_ipoib_up 1.0 || lab_fail "the exporter does not find the program"
cat >lab.yml <<X
rule_files: [ dpdk-ipoib.rules.yml ]
scrape_configs:
  - job_name: dpdk-ipoib
    scrape_interval: 500ms
    scrape_timeout: 400ms
    static_configs: [ { targets: [ '127.0.0.1:9980' ] } ]
X
"$prometheus/prometheus" --config.file lab.yml --storage.tsdb.path "$LAB/tsdb" \
	--web.listen-address 127.0.0.1:9090 >prometheus.log 2>&1 &
lab_wait 20 curl -sf "$url/-/ready" || lab_fail "Prometheus does not start"
nsenter --net=/run/netns/client ping -n -i 0.05 -W 1 198.51.100.2 >ping.out &
ping=$!
/usr/bin/python3 "$LAB_TOP/tests/smoke/dashboard_queries.py" "$config/grafana-dashboard.json" \
	"$url" 30 || lab_fail "the dashboard has panels without data"

# Names as Prometheus wants them, in both forms.
curl -s http://127.0.0.1:9980/metrics >metrics.txt
"$prometheus/promtool" check metrics <metrics.txt || lab_fail "names of metrics"
curl -si -H 'Accept: application/openmetrics-text; version=1.0.0' http://127.0.0.1:9980/metrics \
	>metrics.om
grep -qi '^content-type: application/openmetrics-text' metrics.om || lab_fail "no OpenMetrics"
[ "$(tail -n 1 metrics.om)" = "# EOF" ] || lab_fail "OpenMetrics without an end"

# Scrapes at a time are one after the other, and hold nobody up.
for _ in 1 2 3 4 5 6 7 8; do
	curl -s -o /dev/null http://127.0.0.1:9980/metrics &
	curls+=($!)
done
wait "${curls[@]}"
kill -INT "$ping"
wait "$ping"
lab_ping_whole ping.out || lab_fail "pings lost while scraped"

# The counters are those of the program.
packets=$(lab_query gateway-a -g ports.0.rx_packets /fwd/stats)
metric 'dpdk_ipoib_port_receive_packets_total{port="0"}' "$packets.0" ||
	lab_fail "not the program's counters"

# Down, and up again.
lab_kill_now gateway-a
lab_wait 5 metric dpdk_ipoib_up 0.0 || lab_fail "a dead program is up"
lab_wait 5 prometheus_has 'dpdk_ipoib_up == 0' || lab_fail "Prometheus does not see it"
# What was there is not there any more: no value of before is given.
grep -q receive_packets <(curl -s http://127.0.0.1:9980/metrics) && lab_fail "counters of the dead"
lab_gateway gateway-a Hca3 ea ca "$LAB_TOP/config/gateway-a.cmd"
lab_ports_up
metric dpdk_ipoib_up 1.0 || lab_fail "a program that came back is not found"
lab_finish
