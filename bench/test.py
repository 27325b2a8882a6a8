#!/usr/bin/env python3
"""Runs a bench with the smallest parameters and reads what it wrote: `test.py actors|echo|fanout PROGRAM`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ARGUMENTS = {
    'actors': ['--actors', '1000', '--pairs', '10', '--senders', '3'],
    'echo': ['--modes', 'ack,one_way,beside_bulk', '--pairs', '1,3', '--sizes', '64,100KiB', '--parallelism', '1,2',
             '--peers', 'tcp'],
    'fanout': ['--receivers', '1,3', '--outstanding', '1,2'],
}
METRICS = {
    'actors': {'bytes_per_actor', 'actors_per_second', 'messages_per_second'},
    'echo': {'messages_per_second', 'bytes_per_second', 'round_trip_us_p50', 'round_trip_us_p99'},
    'fanout': {'events_per_second', 'deliveries_per_second', 'own_us_p50', 'own_us_p99', 'others_us_p50', 'others_us_p99'},
}
KEYS = ['bench', 'case', 'system', 'metric', 'value', 'unit']
CASE_KEYS = {'actors': ['what', 'shards'], 'fanout': ['receivers'],
             'echo': ['mode', 'pairs', 'size_bytes', 'rtt_ms', 'parallelism', 'affinity']}


def main(bench, program):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'figures.json')
        run = subprocess.run([program, 'bench', bench, '--seconds', '0.05', '--json', file, *ARGUMENTS[bench]],
                             stdout=subprocess.PIPE, text=True, timeout=100, check=True)
        lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        assert list(line) == KEYS and line['bench'] == bench, line
        assert set(CASE_KEYS[bench]) <= set(line['case']), line
        # Memory comes in pages, so a few actors may have cost none.
        assert line['value'] > 0 or line['metric'] == 'bytes_per_actor', line
    assert {line['metric'] for line in lines if line['system'] == 'troupe'} == METRICS[bench], lines
    if bench == 'echo':
        cases = {system: [line['case'] for line in lines if line['system'] == system] for system in ('troupe', 'tcp')}
        assert cases['troupe'] == cases['tcp'], cases
        # Each of two modes with two sizes, two numbers of pairs, two parallelisms; and four figures beside bulk.
        assert len({json.dumps(case) for case in cases['tcp']}) == 2 * 2 * 2 * 2 + 4 * 2, cases
    rows = {(json.dumps(line['case']), line['system']) for line in lines}
    # Above them, what all have in common, and the head.
    assert len(run.stdout.splitlines()) == len(rows) + 2, run.stdout


if __name__ == '__main__':
    main(*sys.argv[1:])
