"""Reads C++ just well enough for tools/check_tree.py: no preprocessor, no types, only brackets and statements."""

import re

_NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n\\]|\\.)*', re.MULTILINE | re.DOTALL)
_LABELS = re.compile(r'^(?:\s|\[\[[^\]]*\]\]|\b(?:public|private|protected|default)\s*:)+')
_CONTROL = re.compile(r'(?:if|for|while|switch|catch|do|else|try)\b')
_TYPE = re.compile(r'\b(?:class|struct|union|enum|namespace|extern)\b[^()=;{}]*$')
_HEADER_END = re.compile(r'(?:[):]|\b(?:else|do|try|requires)|\)[^()]*(?:\b(?:const|noexcept|override|final|mutable)|&|->[^;{}()]*)|\)\s*:.*\})$',
                         re.DOTALL)
_NO_LAMBDA_BEFORE = re.compile(r'(?:[\w\])"]|\bauto\s*(?:const\s*)?&{0,2})$')
_WORD_BEFORE_LAMBDA = re.compile(r'\b(?:return|co_return|co_await|co_yield|case|else|do)$')


def without_noise(text, keep_directives=True):
    """The text with comments and strings blanked out, every line where it was."""
    def blank(match):
        inner = re.sub(r'[^\n]', ' ', match.group())
        return '""' + inner[2:] if match.group()[0] in '"R' and len(inner) >= 2 else inner
    text = _NOISE.sub(blank, text)
    return text if keep_directives else _DIRECTIVE.sub(blank, text)


class Function:
    def __init__(self, name, first_line):
        self.name, self.first_line, self.last_line = name, first_line, first_line

    @property
    def lines(self):
        return self.last_line - self.first_line + 1


class _Statement:
    def __init__(self, start):
        self.start, self.awaits_at, self.braces, self.captures, self.brackets = start, None, False, False, []
        self.lambda_depth = None  # The depth of brackets at which a lambda's body is due.


def scan(text):
    """Returns (functions, awaits): each outermost function, and (line, why) of each dangerous co_await statement."""
    return _Scanner(without_noise(text, keep_directives=False)).run()


class _Scanner:
    def __init__(self, text):
        self.text, self.functions, self.awaits = text, [], []
        self.blocks = [None]  # For each open block: the function that it opened, or None.
        self.statements = [_Statement(0)]
        self.line = 1

    def run(self):
        for match in re.finditer(r'\n|[{}()\[\];]|\bco_await\b', self.text):
            token, at = match.group(), match.start()
            statement = self.statements[-1]
            if token == '\n':
                self.line += 1
            elif token == 'co_await':
                statement.awaits_at = statement.awaits_at or self.line
            elif token == '[' and self._opens_lambda(at):
                statement.lambda_depth = len(statement.brackets)
                statement.captures |= not re.match(r'\[\s*\]', self.text[at:])
                statement.brackets.append('[')
            elif token in '([':
                statement.brackets.append(token)
            elif token in ')]':
                if statement.brackets:
                    statement.brackets.pop()
            elif token == '{':
                self._open_brace(statement, at)
            elif token == '}':
                self._close_brace(statement, at)
            elif token == ';' and not statement.brackets:
                self._finish(at + 1)
        return self.functions, self.awaits

    def _opens_lambda(self, at):
        before = self.text[max(0, at - 40):at].rstrip()
        if self.text[at + 1] == '[' or before.endswith('['):
            return False  # An attribute.
        return bool(_WORD_BEFORE_LAMBDA.search(before)) or not _NO_LAMBDA_BEFORE.search(before)

    def _open_brace(self, statement, at):
        header = self.text[statement.start:at]
        if statement.lambda_depth == len(statement.brackets):
            statement.lambda_depth = None
            self._open_block(None, at)
        elif statement.brackets or not self._is_block(header.rstrip()):
            statement.braces = True
            statement.brackets.append('{')
        else:
            function = self._function_of(header)
            self._finish(at + 1)
            self._open_block(function, at)

    def _is_block(self, header):
        header = _LABELS.sub('', header)
        return not header or bool(_CONTROL.match(header) or _TYPE.search(header) or _HEADER_END.search(header))

    def _function_of(self, header):
        signature = _LABELS.sub('', header)
        name = re.search(r'([~\w]+(?:\s*::\s*[~\w]+)*)\s*\(', signature)
        if not name or any(self.blocks) or _CONTROL.match(signature) or _TYPE.search(signature):
            return None
        return Function(re.sub(r'\s', '', name.group(1)), self.line - signature.count('\n'))

    def _open_block(self, function, at):
        self.blocks.append(function)
        self.statements.append(_Statement(at + 1))

    def _close_brace(self, statement, at):
        if statement.brackets and statement.brackets[-1] == '{':
            statement.brackets.pop()
            return
        if len(self.blocks) == 1:
            return
        self._finish(at)
        self.statements.pop()
        function = self.blocks.pop()
        if function:
            function.last_line = self.line
            self.functions.append(function)
        if not self.text[self.statements[-1].start:at].strip():
            self.statements[-1].start = at + 1
        outer = self.statements[-1]
        if not outer.brackets and not self._continues(at):
            self._finish(at + 1)

    def _continues(self, at):
        """Whether the text after a block's end belongs to the same statement: `auto f = [] { ... };`"""
        return bool(re.match(r'\s*[;,)(.]', self.text[at + 1:at + 40]))

    def _finish(self, next_start):
        statement = self.statements[-1]
        if statement.awaits_at and (statement.braces or statement.captures):
            what = 'braces' if statement.braces else 'a capturing lambda'
            self.awaits.append((statement.awaits_at, what))
        self.statements[-1] = _Statement(next_start)
