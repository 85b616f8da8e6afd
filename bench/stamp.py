#!/usr/bin/env python3
"""Runs a command and stamps each line that it prints with the host's clock.

stamp.py [--follow FILES] [--until TEXT] [--memory TEXT,SIZE] [--limit SECONDS] LOG COMMAND...

The lines go to LOG as "SECONDS | TEXT", counted from the command's start; the last line tells how it ended.
"""
import argparse
import glob
import os
import re
import selectors
import signal
import subprocess
import sys
import time


class Lines:
    """Bytes in pieces, lines out."""

    def __init__(self):
        self._rest = b''

    def take(self, data):
        *lines, self._rest = (self._rest + data).split(b'\n')
        return [line.decode('latin-1').rstrip('\r') for line in lines]

    def rest(self):
        return [self._rest.decode('latin-1')] if self._rest else []


class Follower:
    """Reads what is appended to files that may appear later: the console of a machine that a service runs."""

    def __init__(self, pattern):
        self._pattern = pattern
        self._files = {}

    def poll(self):
        for path in glob.glob(self._pattern):
            if path not in self._files:
                self._files[path] = (open(path, 'rb', buffering=0), Lines())
        return [line for file, lines in self._files.values() if (data := file.read(65536)) for line in lines.take(data)]


def own_memory(pid, guest_bytes):
    """Pss in MiB of a process without its guest's memory: the one mapping of that size."""
    total = 0
    guest = False
    with open(f'/proc/{pid}/smaps', encoding='latin-1') as file:
        for line in file:
            if mapping := re.match(r'([0-9a-f]+)-([0-9a-f]+) .*', line):
                size = int(mapping[2], 16) - int(mapping[1], 16)
                guest = size == guest_bytes
            elif line.startswith('Pss:') and not guest:
                total += int(line.split()[1])
    return total / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--follow', metavar='FILES', help='pattern of files whose new lines are stamped too')
    parser.add_argument('--until', metavar='TEXT', help='end the command when a line begins so')
    parser.add_argument('--memory', metavar='TEXT,MIB', help="measure the command's memory when a line begins so; its guest has MIB")
    parser.add_argument('--limit', type=float, default=600, help='end the command after so many seconds')
    parser.add_argument('log')
    parser.add_argument('command', nargs=argparse.REMAINDER)
    options = parser.parse_args()
    memory_at, memory_size = options.memory.rsplit(',', 1) if options.memory else (None, 0)
    if not options.command:
        parser.error('there is no command')

    with open(options.log, 'w', encoding='utf-8') as log:
        # Whoever ends this program does not leave a virtual machine behind.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
        started = time.monotonic()
        process = subprocess.Popen(options.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        def note(text):
            log.write(f'{time.monotonic() - started:10.4f} | {text}\n')
            log.flush()

        def stop(why):
            note(why)
            process.terminate()

        try:
            lines = Lines()
            follower = Follower(options.follow) if options.follow else None
            selector = selectors.DefaultSelector()
            selector.register(process.stdout, selectors.EVENT_READ)
            open_end = True
            stopping = False
            while open_end:
                found = []
                # A followed file is looked at each millisecond: that is the accuracy of these times.
                if selector.select(0.001 if follower else 1):
                    data = os.read(process.stdout.fileno(), 65536)
                    open_end = bool(data)
                    found = lines.take(data) if data else lines.rest()
                if follower:
                    found += follower.poll()
                for line in found:
                    note(line)
                    if memory_at and line.startswith(memory_at):
                        note(f'# memory {own_memory(process.pid, int(memory_size) << 20):.1f}')
                        memory_at = None
                    if options.until and line.startswith(options.until) and not stopping:
                        stopping = True
                        stop('# ended: what was waited for is there')
                if time.monotonic() - started > options.limit and not stopping:
                    stopping = True
                    stop(f'# failed: not done after {options.limit:.0f} seconds')
            code = process.wait()
            if code != 0 and not stopping:
                note(f'# failed: exit code {code}')
        finally:
            if process.poll() is None:
                process.terminate()
                # A script that runs a machine ends when the machine does.
                try:
                    process.wait(timeout=90)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


if __name__ == '__main__':
    main()
