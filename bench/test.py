#!/usr/bin/env python3
"""Runs a bench with the smallest parameters and reads what it wrote: `test.py actors|echo|fanout|nodes|journal PROGRAM`.

Of the peers, Erlang and CAF take part where they are installed and built.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ARGUMENTS = {
    'actors': ['--actors', '1000', '--pairs', '10', '--senders', '3'],
    'echo': ['--modes', 'ack,one_way,beside_bulk', '--pairs', '1,3', '--sizes', '64,100KiB', '--parallelism', '1,2',
             '--affinity', 'pair,random', '--rtt-ms', '0'],
    'fanout': ['--receivers', '1,3', '--outstanding', '1,2'],
    'journal': ['--documents', '1,10', '--batch', '5'],
    'nodes': ['--nodes', '5', '--overlays', 'peer_to_peer,full_mesh,ring,client_server', '--settle-seconds', '1', '--idle-seconds', '1', '--kills', '2', '--stops', '1'],
}
METRICS = {
    'journal': {'events_per_second', 'events_per_commit'},
    'actors': {'bytes_per_actor', 'actors_per_second', 'messages_per_second'},
    'echo': {'messages_per_second', 'bytes_per_second', 'round_trip_us_p50', 'round_trip_us_p99'},
    'fanout': {'events_per_second', 'deliveries_per_second', 'own_us_p50', 'own_us_p99', 'others_us_p50', 'others_us_p99'},
    'nodes': {'load_average', 'join_seconds', 'pss_bytes_per_node', 'rss_bytes_per_node', 'sockets_per_node', 'join_bytes_per_node', 'idle_cpu_percent',
              'idle_bytes_per_second_per_node', 'kill_to_down_ms_p50', 'kill_to_down_ms_max', 'stop_to_down_ms_p50', 'stop_to_down_ms_max'},
}
KEYS = ['bench', 'case', 'system', 'metric', 'value', 'unit']
CASE_KEYS = {'journal': ['engine', 'documents'], 'actors': ['what', 'shards'], 'fanout': ['receivers'], 'nodes': ['nodes', 'overlay'],
             'echo': ['mode', 'pairs', 'size_bytes', 'rtt_ms', 'parallelism', 'affinity']}


def peers_for(bench, program):
    peers = ['erlang'] if shutil.which('erlc') else []
    peers += ['caf'] if Path(program).with_name('troupe-bench-caf').exists() else []
    return {'actors': peers, 'echo': [*peers, 'tcp'], 'fanout': [], 'journal': [], 'nodes': ['erlang'] if 'erlang' in peers else []}[bench]


def check_page(page):
    assert page.count('<svg') >= 3 and 'partisan (elsewhere)' in page, page
    for outside in ('src=', 'href=', 'url(', '@import'):
        assert outside not in page, outside


def check_echo(lines, peers):
    """Every system has every case."""
    cases = {system: {json.dumps(line['case']) for line in lines if line['system'] == system}
             for system in ['troupe', *peers]}
    # Each of two modes with two sizes, two numbers of pairs, two parallelisms, two affinities; and four cases beside bulk.
    assert len(cases['troupe']) == (2 * 2 * 2 * 2 + 4 * 2) * 2, cases
    assert all(of == cases['troupe'] for of in cases.values()), cases


def check_refusals(program):
    """Who cannot be measured is said at once."""
    run = subprocess.run([program, 'bench', 'echo', '--peers', 'akka'], capture_output=True, text=True, timeout=20)
    assert run.returncode != 0 and 'akka not in' in run.stderr, run


def check_distance(program):
    """20 ms through the relay of tests/netlab; where there is none, or no right to it, the cause is said."""
    arguments = ['--modes', 'ack', '--pairs', '1', '--sizes', '64', '--rtt-ms', '20', '--parallelism', '2', '--seconds', '0.2']
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'figures.json')
        run = subprocess.run([program, 'bench', 'echo', *arguments, '--json', file], capture_output=True, text=True,
                             timeout=60)
        if run.returncode != 0:
            assert '--rtt-ms needs' in run.stderr, run
            return
        lines = [json.loads(line) for line in file.read_text().splitlines()]
    medians = {line['system']: line['value'] for line in lines if line['metric'] == 'round_trip_us_p50'}
    assert list(medians) == ['troupe', 'tcp'] and all(median > 19_000 for median in medians.values()), medians


def main(bench, program):
    peers = peers_for(bench, program)
    with tempfile.TemporaryDirectory() as folder:
        file, page = Path(folder, 'figures.json'), Path(folder, 'figures.html')
        run = subprocess.run([program, 'bench', bench, *([] if bench == 'nodes' else ['--seconds', '0.05']), '--json', file, '--html', page, *ARGUMENTS[bench],
                              *(['--peers', ','.join(peers)] if peers else [])],
                             stdout=subprocess.PIPE, text=True, timeout=200, check=True)
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        if bench == 'echo':
            check_page(page.read_text())
    for line in lines:
        assert list(line) == KEYS and line['bench'] == bench, line
        assert set(CASE_KEYS[bench]) <= set(line['case']), line
        # Memory comes in pages, so a few actors may have cost none.
        # A node at rest for a second may have taken less than a tick.
        assert line['value'] > 0 or line['metric'] in ('bytes_per_actor', 'idle_cpu_percent', 'load_average'), line
    assert {line['metric'] for line in lines if line['system'] == 'troupe'} == METRICS[bench], lines
    if bench == 'echo':
        check_echo(lines, peers)
        check_refusals(program)
        check_distance(program)
    rows = {(json.dumps(line['case']), line['system']) for line in lines}
    # Above them, what all have in common, and the head.
    assert len(run.stdout.splitlines()) == len(rows) + 2, run.stdout


if __name__ == '__main__':
    main(*sys.argv[1:])
