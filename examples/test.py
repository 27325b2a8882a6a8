#!/usr/bin/env python3
"""Runs an example as its user would: `test.py counter|ping_pong|chat|overlay PROGRAM`."""

import queue
import re
import subprocess
import sys
import threading
import time

DEADLINE = time.monotonic() + 45


class Process:
    """A program whose lines of standard output are read as they come."""

    running = []

    def __init__(self, *command):
        self.name = ' '.join(command[1:]) or command[0]
        self.lines = []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.incoming = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        Process.running.append(self)

    def read(self):
        for line in self.process.stdout:
            self.incoming.put(line.rstrip('\n'))
        self.incoming.put(None)

    def take(self, seconds):
        """The next line, or None if there is none in time."""
        try:
            line = self.incoming.get(timeout=max(0, min(seconds, DEADLINE - time.monotonic())))
        except queue.Empty:
            return None
        if line is None:
            raise SystemExit(f'{self.name}: ended; it said {self.lines}')
        self.lines.append(line)
        return line

    def wait_for(self, pattern, seconds=DEADLINE):
        """The match of the first line from here on that has the pattern; None if it does not come in time."""
        end = min(time.monotonic() + seconds, DEADLINE)
        while time.monotonic() < end:
            match = re.search(pattern, self.take(end - time.monotonic()) or '')
            if match:
                return match
        return None

    def expect(self, pattern):
        match = self.wait_for(pattern)
        if not match:
            raise SystemExit(f'{self.name}: waited for {pattern!r}; it said {self.lines}')
        return match

    def say(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    def ends_well(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=max(1, DEADLINE - time.monotonic()))
        if code != 0:
            raise SystemExit(f'{self.name}: exit code {code}; it said {self.lines}')


def counter(program):
    process = Process(program)
    process.expect('^total 42$')
    process.ends_well()


def ping_pong(program):
    server = Process(program, 'serve', '--listen', '127.0.0.1:0')
    address = server.expect('^listening on (.*)$').group(1)
    player = Process(program, 'play', '--join', address, '--rounds', '1000')
    player.expect('^1000 rounds, [0-9.e+]+ us each$')
    player.expect('^the opponent has gone: stopped$')
    player.ends_well()
    server.process.terminate()
    server.ends_well()


def chat(program):
    first = Process(program, 'ada', '127.0.0.1:0')
    address = first.expect('listening on (.*)$').group(1)
    chatters = {'ada': first}
    for name in ('bob', 'eve'):
        chatters[name] = Process(program, name, '127.0.0.1:0', address)
    everybody = list(chatters.values())
    # A topic reaches those who are there: each says hello until all have heard it.
    for name, process in chatters.items():
        waiting = list(everybody)
        while waiting:
            process.say('hello')
            waiting = [other for other in waiting if not other.wait_for(f'^{name}: hello$', 0.2)]
            if time.monotonic() > DEADLINE:
                raise SystemExit(f'{name}: not everybody heard the hello')
    said = {name: [f'{name}: line {i} from {name}' for i in range(20)] for name in chatters}
    for i in range(20):
        for name, process in chatters.items():
            process.say(f'line {i} from {name}')
    for process in everybody:
        while sum(': line ' in line for line in process.lines) < 60:
            if process.take(5) is None:
                raise SystemExit(f'{process.name}: has not got all lines, only {process.lines}')
        for name, lines in said.items():
            heard = [line for line in process.lines if line.startswith(f'{name}: line ')]
            if heard != lines:
                raise SystemExit(f'{process.name}: heard {heard} of {name}')
    for process in reversed(everybody):
        process.ends_well()


def overlay(program):
    process = Process(program)
    process.expect('^hello b$')
    process.expect('^passed on: [1-9]')
    process.ends_well()


if __name__ == '__main__':
    try:
        examples = {'counter': counter, 'ping_pong': ping_pong, 'chat': chat, 'overlay': overlay}
        examples[sys.argv[1]](sys.argv[2])
    finally:
        for started in Process.running:
            if started.process.poll() is None:
                started.process.kill()
                started.process.wait()
