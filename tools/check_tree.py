#!/usr/bin/env python3
"""Checks the rules of the tree that neither the compiler nor the formatter sees: `tools/check_tree.py [ROOT]`.

Each rule is one function below that yields (path, line, message). tools/check_tree_test.py breaks each of them once.
"""

import os
import re
import sys
from pathlib import Path

from cpp_scan import scan, without_noise

SKIPPED_FOLDERS = {'.git', '.cache', 'build', 'data', 'node_modules', 'dist', 'dist-client', '__pycache__', 'corpus',
                   'test-results'}
CPP = {'.cpp', '.hpp'}
CODE = CPP | {'.ts', '.tsx', '.js', '.mjs', '.py', '.sh', '.cmake'}
TEXT = CODE | {'.md', '.txt', '.toml', '.json', '.css', '.html', '.yml', '.yaml', ''}

FILE_LINES_MAX = 800
FILE_LINES_WARN = 400
FUNCTION_LINES_MAX = 70
FOLDER_FILES_MAX = 30


class File:
    def __init__(self, root, path):
        self.path = path.relative_to(root)
        self.parts = self.path.parts
        self.text = path.read_text(encoding='utf-8', errors='replace')
        self.lines = self.text.split('\n')
        if self.lines[-1] == '':
            self.lines.pop()
        self.is_cpp = path.suffix in CPP
        self.is_code = path.suffix in CODE
        self.layer = self.parts[2] if self.parts[:2] == ('src', 'troupe') and len(self.parts) > 3 else None
        self.is_test = '.test.' in path.name or self.parts[0] == 'tests'

    def find(self, pattern, lines=None):
        for number, line in enumerate(lines or self.lines, 1):
            match = re.search(pattern, line)
            if match:
                yield number, match

    @property
    def is_public_header(self):
        private = self.layer in ('runtime', 'gateway') and (self.path.stem.endswith('_impl') or 'detail' in self.parts)
        return self.path.suffix == '.hpp' and self.parts[0] == 'src' and not private


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = []
        self.folders = {}  # path -> number of files
        for folder, names, files in os.walk(root):
            names[:] = [name for name in names if name not in SKIPPED_FOLDERS]
            self.folders[Path(folder).relative_to(root)] = len(files)
            for name in files:
                path = Path(folder, name)
                if path.suffix in TEXT and not path.is_symlink() and name != 'package-lock.json':
                    self.files.append(File(root, path))
        self.files.sort(key=lambda file: file.path)
        self.cpp = [file for file in self.files if file.is_cpp]
        self.layers = read_layers(root / 'src/troupe/CMakeLists.txt')


def read_layers(list_file):
    """{layer: every layer that it may include}, from the troupe_library lines."""
    text = re.sub(r'#.*', '', list_file.read_text())
    layers = {}
    for name, rest in re.findall(r'troupe_library\(\s*(\w+)([^)]*)\)', text):
        used = re.search(r'\bUSES\s+((?:[a-z_]+\s*)+)', rest)
        layers[name] = {name}
        for other in used.group(1).split() if used else []:
            layers[name] |= layers.get(other, {other})
    return layers


def check_layers(tree):
    source = Path('src/troupe')
    for layer in tree.layers:
        if not (tree.root / source / layer / 'README.md').is_file():
            yield source / layer, 0, 'a layer needs a README.md: what it is for, what it may use, what to read first'
    for folder, count in tree.folders.items():
        if count and folder.parent == source and folder.name not in tree.layers:
            yield folder, 0, 'this folder is not in the list of layers, src/troupe/CMakeLists.txt'


def check_includes(tree):
    for file in tree.cpp:
        for line, match in file.find(r'^\s*#\s*include\s*"([^"]+)"'):
            parts = match.group(1).split('/')
            if file.layer and (parts[0] != 'troupe' or len(parts) < 3):
                yield file.path, line, f'"{match.group(1)}": write it as "troupe/<folder>/<file>.hpp"'
            elif file.layer and parts[1] not in tree.layers.get(file.layer, {parts[1]}):
                yield file.path, line, f'layer {file.layer} may not use {parts[1]} (src/troupe/CMakeLists.txt)'
            elif file.parts[0] == 'server' and parts[1:2] == ['sim'] and 'sim' not in file.path.stem:
                yield file.path, line, 'the simulator is never linked into a server: only troupe-sim includes it'


def check_outside_libraries(tree):
    for file in tree.cpp:
        if file.parts[0] in ('bench', 'tests', 'tools'):
            continue
        for line, match in file.find(r'^\s*#\s*include\s*<(boost/asio|boost/beast|prometheus/)'):
            allowed = ('runtime', 'gateway') if match.group(1) == 'boost/asio' else ('gateway',)
            if file.layer not in allowed:
                yield file.path, line, f'{match.group(1)} belongs into the sources of {" and ".join(allowed)} only'
            elif file.is_public_header:
                yield file.path, line, f'{match.group(1)} in a public header (private ones are *_impl.hpp or in detail/)'
        if file.layer != 'engine':
            for line, match in file.find(r'^\s*#\s*include\s*<(rocksdb/|libpq|pqxx/|postgresql/|sqlite)'):
                yield file.path, line, f'database headers ({match.group(1)}) belong into engine/ only'


def check_catch_all(tree):
    in_actor = []
    for file in tree.cpp:
        if not file.layer or file.is_test or file.layer in ('runtime', 'engine', 'gateway'):
            continue
        for line, _ in file.find(r'\bcatch\s*\(\s*\.\.\.\s*\)', without_noise(file.text).split('\n')):
            if file.layer == 'actor':
                in_actor.append((file.path, line))
            else:
                yield file.path, line, 'catch (...) belongs to the core of the shard, and to runtime, engine, gateway'
    for path, line in in_actor[1:]:
        yield path, line, f'actor/ has one catch (...), the other is {in_actor[0][0]}:{in_actor[0][1]}'


def check_sizes(tree):
    for file in tree.files:
        if file.is_code and len(file.lines) > FILE_LINES_MAX:
            yield file.path, FILE_LINES_MAX, f'{len(file.lines)} lines; the limit is {FILE_LINES_MAX}'
    for folder, count in tree.folders.items():
        if count > FOLDER_FILES_MAX:
            yield folder, 0, f'{count} files in one folder; the limit is {FOLDER_FILES_MAX}, so split it'


def check_functions(tree):
    """Long functions, except those of tools/long_functions.txt: lines `path name lines`, which may only shrink."""
    ratchet_path = Path('tools/long_functions.txt')
    known = {}
    if (tree.root / ratchet_path).is_file():
        for line in (tree.root / ratchet_path).read_text().splitlines():
            if line.strip() and not line.startswith('#'):
                path, name, lines = line.split()
                known[(path, name)] = int(lines)
    for file in tree.cpp:
        functions, awaits = scan(file.text)
        for function in functions:
            limit = max(known.pop((str(file.path), function.name), 0), FUNCTION_LINES_MAX)
            if function.lines > limit:
                yield file.path, function.first_line, f'{function.name} has {function.lines} lines; the limit is {limit}'
        for line, what in awaits:
            yield file.path, line, f'{what} in a statement with co_await: g++ 12 destroys such temporaries twice'
    for path, name in known:
        yield ratchet_path, 0, f'{path} {name} is gone: remove its line'


def check_headers(tree):
    for file in tree.cpp:
        if file.path.suffix == '.hpp' and not re.match(r'\s*#pragma once\n', without_noise(file.text)):
            yield file.path, 1, 'a header begins with #pragma once'


FORBIDDEN_TEXT = [  # (pattern, message); the brackets keep this file from finding itself
    (r'FIX[M]E', 'a fix' + 'me is left: do it, or write TODO(perf|port|test) with the reason'),
    (r'TO[D]O(?!\((?:perf|port|test)[|)])', 'a to' + 'do says of which kind it is: (perf), (port) or (test), and why'),
    (r'\bDISABLED[_]|\bGTEST[_]SKIP|\b(?:test|it|describe)[.](?:skip|todo|only)\b', 'a disabled test guards nothing'),
]


def check_words(tree):
    for file in tree.files:
        if file.is_code:
            for pattern, message in FORBIDDEN_TEXT:
                for line, _ in file.find(pattern):
                    yield file.path, line, message
        for line, match in file.find(r'(?<![\w.:/-])/(?:wor[k]|roo[t]|hom[e]/\w+)/'):
            yield file.path, line, f'{match.group()} is a path of one machine'


def check_sleeps(tree):
    """A test waits for an event, not for time to pass. The pause of a polling loop says so: `// poll: until ...`."""
    for file in tree.files:
        if file.is_test and file.is_code:
            for line, _ in file.find(r'\b(?:sleep_for|sleep_until|u?sleep|waitForTimeout)\s*\((?!.*(?://|#) poll:)'):
                yield file.path, line, 'a sleep in a test: wait for what should happen instead'


RULES = [check_layers, check_includes, check_outside_libraries, check_catch_all, check_sizes, check_functions,
         check_headers, check_words, check_sleeps]


def errors_of(root):
    tree = Tree(Path(root).resolve())
    return [error for rule in RULES for error in rule(tree)], tree


def main():
    errors, tree = errors_of(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    for file in tree.files:
        if file.is_code and FILE_LINES_WARN < len(file.lines) <= FILE_LINES_MAX:
            print(f'{file.path}:1: warning: {len(file.lines)} lines; question a file above {FILE_LINES_WARN}')
    for path, line, message in sorted(errors):
        print(f'{path}:{line}: error: {message}')
    print(f'{len(tree.files)} files, {len(errors)} errors')
    return 1 if errors else 0


if __name__ == '__main__':
    sys.exit(main())
