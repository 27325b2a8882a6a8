#!/usr/bin/env python3
"""Breaks each rule of check_tree.py once in a small tree of its own, and sees that it is caught."""

import tempfile
import unittest
from pathlib import Path

from check_tree import RULES, errors_of
from cpp_scan import scan

GOOD = {
    'src/troupe/CMakeLists.txt': '# layers\n' + ''.join(f'troupe_library({line})\n' for line in [
        'base LIBRARIES x::x', 'actor USES base', 'engine\n  USES actor\n  LIBRARIES RocksDB::rocksdb',
        'runtime USES actor', 'gateway USES runtime', 'sim USES actor']),
    'src/troupe/base/bytes.hpp': '// What it is.\n#pragma once\n\n#include <vector>\n',
    'src/troupe/base/bytes.cpp': '#include "troupe/base/bytes.hpp"\n\nint f() {\n  return 1;  // catch (...)\n}\n',
    'src/troupe/actor/core.cpp': 'void f() {\n  try {\n    g();\n  } catch (...) {\n  }\n}\n',
    'src/troupe/engine/rocks.cpp': '#include <rocksdb/db.h>\n#include "troupe/base/bytes.hpp"\n',
    'src/troupe/runtime/lane_impl.hpp': '#pragma once\n#include <boost/asio/post.hpp>\n',
    'src/troupe/gateway/detail/socket.hpp': '#pragma once\n#include <boost/beast/core.hpp>\n',
    'src/troupe/gateway/http.cpp': '#include <boost/asio/post.hpp>\n#include <prometheus/counter.h>\n',
    'server/sim.cpp': '#include "troupe/sim/world.hpp"\n',
    'bench/peers/asio.cpp': '#include <boost/asio/post.hpp>\n',
    'tests/system/wait.cpp': 'std::this_thread::sleep_for(pause);  // poll: until the port is open\n',
    'docs/index.md': 'See /usr/share/doc and https://example.org/work/ and src/work/x.\n',
} | {f'src/troupe/{layer}/README.md': '# It\n' for layer in ['base', 'actor', 'engine', 'runtime', 'gateway', 'sim']}

CPP = 'src/troupe/base/bad.cpp'
LONG = 'int f() {\n' + '  g();\n' * 75 + '}\n'

BROKEN = [  # (path, content, a part of the message)
    (CPP, '#include "troupe/actor/ref.hpp"\n', 'base may not use actor'),
    (CPP, '#include "bytes.hpp"\n', 'write it as'),
    ('src/troupe/engine/bad.cpp', '#include "troupe/gateway/http.hpp"\n', 'engine may not use gateway'),
    ('server/serve.cpp', '#include "troupe/sim/world.hpp"\n', 'simulator is never linked into a server'),
    ('src/troupe/base/README.md', None, 'needs a README.md'),
    ('src/troupe/utils/x.cpp', 'int x;\n', 'not in the list of layers'),
    ('src/troupe/actor/bad.cpp', '#include <boost/asio.hpp>\n', 'boost/asio belongs'),
    ('server/bad.cpp', '#include <boost/asio.hpp>\n', 'boost/asio belongs'),
    ('src/troupe/runtime/bad.cpp', '#include <boost/beast.hpp>\n', 'boost/beast belongs'),
    ('src/troupe/runtime/bad.cpp', '#include <prometheus/counter.h>\n', 'prometheus/ belongs'),
    ('src/troupe/runtime/bad.hpp', '#pragma once\n#include <boost/asio/post.hpp>\n', 'public header'),
    ('src/troupe/gateway/bad.hpp', '#pragma once\n#include <boost/beast/core.hpp>\n', 'public header'),
    ('src/troupe/gateway/bad.cpp', '#include <rocksdb/db.h>\n', 'database headers'),
    (CPP, 'void f() { try { g(); } catch (...) { } }\n', 'catch (...)'),
    ('src/troupe/actor/second.cpp', 'void f() { try { g(); } catch (...) { } }\n', 'actor/ has one catch'),
    (CPP, 'int x;\n' * 801, '801 lines'),
    (CPP, LONG, 'f has 77 lines'),
    ('tools/long_functions.txt', 'src/troupe/base/bytes.cpp gone 90\n', 'is gone'),
    (CPP, 'task f() {\n  co_await g(Options{1});\n}\n', 'braces in a statement with co_await'),
    (CPP, 'task f() {\n  co_await g([this] { h(); });\n}\n', 'a capturing lambda in a statement with co_await'),
    ('src/troupe/base/bad.hpp', 'int x;\n', '#pragma once'),
    (CPP, '// FIX' + 'ME later\n', 'is left'),
    (CPP, '// TO' + 'DO: later\n', 'of which kind'),
    ('src/troupe/base/a.test.cpp', 'TEST(A, DISABLED' + '_b) {}\n', 'disabled test'),
    ('src/troupe/base/a.test.cpp', 'TEST(A, b) { GTEST' + '_SKIP(); }\n', 'disabled test'),
    ('web/a.test.ts', 'it' + '.only("x", () => {});\n', 'disabled test'),
    ('tests/browser/a.test.mjs', 'test' + '.skip("x", () => {});\n', 'disabled test'),
    ('docs/bad.md', 'in `/wor' + 'k/main/build`\n', 'path of one machine'),
    ('src/troupe/base/a.test.cpp', 'void f() { std::this_thread::sleep_for(1s); }\n', 'a sleep in a test'),
    ('tests/system/a.py', 'time.sleep(1)\n', 'a sleep in a test'),
] + [(f'bench/file{number}.md', '', None) for number in range(30)] + [('bench/last.cpp', '', '31 files in one folder')]


def write(root, path, content):
    file = root / path
    if content is None:
        file.unlink()
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


class CheckTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for path, content in GOOD.items():
            write(self.root, path, content)

    def messages(self):
        return [message for _, _, message in errors_of(self.root)[0]]

    def test_a_good_tree_passes(self):
        self.assertEqual(self.messages(), [])

    def test_each_broken_rule_is_caught_and_nothing_else(self):
        for path, content, expected in BROKEN:
            before = GOOD.get(path)
            write(self.root, path, content)
            if expected is None:
                continue  # One of many that together break a rule.
            with self.subTest(path=path, expected=expected):
                messages = self.messages()
                self.assertEqual(len(messages), 1, messages)
                self.assertIn(expected, messages[0])
            write(self.root, path, before)

    def test_the_list_names_every_rule(self):
        broken = set()
        for path, content, expected in BROKEN:
            write(self.root, path, content)
        tree = errors_of(self.root)[1]
        for rule in RULES:
            if list(rule(tree)):
                broken.add(rule)
        self.assertEqual(broken, set(RULES))

    def test_the_ratchet_admits_a_known_long_function_that_does_not_grow(self):
        write(self.root, CPP, LONG)
        write(self.root, 'tools/long_functions.txt', f'{CPP} f 77\n')
        self.assertEqual(self.messages(), [])
        write(self.root, 'tools/long_functions.txt', f'{CPP} f 76\n')
        self.assertIn('the limit is 76', self.messages()[0])


SAMPLE = '''task Lane::run(int a) {
  auto [x, y] = co_await g();
  const auto& [p, q] = co_await g();
  if (co_await f()) { int z{2}; }
  auto l = [this] { go(); };
  spawn(e, [this]() -> task { co_await f(); }, detached);
  switch (a) { case 1: { int k{1}; co_await f(); break; } default: break; }
  co_await post(e, [] { go(); });
  Foo bar{co_await f()};
  co_await (f({1, 2}), '"');
}
class A : public B {
 public:
  A(int a) : a_(a), b_{1} {
    f("{ // {", R"({)", 1'000);
  }
  template <class T>
    requires std::integral<T>
  task g() && {
    co_return co_await x();
  }
};
'''


class CppScan(unittest.TestCase):
    def test_functions_and_awaits_of_a_sample(self):
        functions, awaits = scan(SAMPLE)
        self.assertEqual([(f.name, f.first_line, f.last_line) for f in functions],
                         [('Lane::run', 1, 11), ('A', 14, 16), ('g', 17, 21)])
        self.assertEqual(awaits, [(9, 'braces'), (10, 'braces')])


if __name__ == '__main__':
    unittest.main()
