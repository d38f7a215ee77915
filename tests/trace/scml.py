#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scml.py PATTERNS [TRACE]: reads patterns of the System Call Matching Language (Asterinas' sctrace) and prints how many
there are; with a file of strace, prints each call that no pattern matches, with its result, as sctrace would judge it."""
import re
import sys

TOKEN = re.compile(r'\s*([A-Za-z_]\w*|\d+|\.\.|[()\[\]{}=|,;<>])')


class Reader:
    def __init__(self, text):
        text = re.sub(r'//[^\n]*', '', text)
        self.tokens = TOKEN.findall(text)
        rest = TOKEN.sub('', text).strip()
        assert not rest, 'no token: ' + rest[:40]
        self.at, self.named, self.patterns = 0, {}, {}
        while self.at < len(self.tokens):
            self.rule()

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ''

    def take(self, want=None):
        token = self.peek()
        assert token and want in (None, token), f'{want!r} is wanted, not {token!r}, at {self.tokens[self.at - 9:self.at]}'
        self.at += 1
        return token

    def word(self):
        token = self.take()
        assert re.fullmatch(r'\w+', token), 'no identifier: ' + token
        return token

    def rule(self):
        name = self.word()
        if self.peek() == '=':
            self.take()
            self.named[name] = self.expression()
        else:
            self.take('(')
            args = []
            while self.peek() != ')':
                args.append('..' if self.peek() == '..' else None)
                self.take() if args[-1] else self.word()
                if self.peek() == '=':
                    self.take()
                    args[-1] = self.expression()
                if self.peek() == ',':
                    self.take()
            self.take(')')
            self.patterns.setdefault(name, []).append(args)
        self.take(';')

    def expression(self):
        values = set()
        while True:
            if self.peek() == '<':
                self.take()
                values |= self.named[self.word()]
                self.take('>')
            else:
                values.add(self.word())
            if self.peek() != '|':
                return values
            self.take()


def split(text):
    """The arguments of a call, up to its closing parenthesis; what follows."""
    args, depth, start, quoted, i = [], 0, 0, False, 0
    while i < len(text):
        c = text[i]
        if quoted:
            i += c == '\\'
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c in '([{':
            depth += 1
        elif c in ')]}' and depth:
            depth -= 1
        elif c == ')' or (c == ',' and not depth):
            args.append(text[start:i].strip())
            start = i + 1
            if c == ')':
                return [a for a in args if a], text[i + 1:]
        i += 1
    return args, ''


def fits(name, args, pattern):
    if name == 'clone':  # as sctrace has it: strace's line has neither the wrapper's function nor its argument
        args = ['fn', *args[:2], 'arg', *args[2:]]
    if pattern[-1:] == ['..']:
        pattern = pattern[:-1]
        args = args[:len(pattern)]
    return len(args) == len(pattern) and all(map(matches, args, pattern))


def matches(arg, values):
    arg = re.sub(r'/\*.*?\*/', '', arg)
    arg = re.sub(r'^\w+=', '', arg).strip()
    return values is None or arg == '0' or all(v in values for v in re.split(r'\|| or ', arg))


def main():
    reader = Reader(open(sys.argv[1]).read())
    if len(sys.argv) == 2:
        print(sum(map(len, reader.patterns.values())))
        return
    for line in open(sys.argv[2], errors='replace'):
        m = re.match(r'(?:\d+ +)?(?:[\d.]+ )?(\w+)\((.*)', line)
        if not m or 'unfinished' in line:
            continue
        args, result = split(m[2])
        if not any(fits(m[1], args, p) for p in reader.patterns.get(m[1], [])):
            print(m[1] + '(' + ', '.join(args) + ')' + result.rstrip())


main()
