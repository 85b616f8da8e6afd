#!/usr/bin/env python3
"""Plans the sessions of bench/compare.sh, and makes its table from their logs.

report.py list                  the rows
report.py plan ROW...           the sessions that the rows need: SESSION SIDE ITEM,ITEM...
report.py table LOGS ROW...     the table, from the logs LOGS/SESSION.SIDE.RUN; exit code 1 if a figure is missing, a
                                clock of ours is wrong or a result differs
"""
import re
import statistics
import sys
from pathlib import Path

import rows

# A guest whose clock differs from the host's by more than this part of the time fails, and what a line may take to the host is added.
CLOCK_TOLERANCE, LINE_SECONDS = 0.03, 0.1

# What ours is compared with in groups that have something else than TCG.
COLUMNS = {'native': 'native', 'parallel': 'native', 'l2-bench': 'our L1', 'network-kvm': 'QEMU'}


class Log:
    """What one session's log says: items in seconds by the host's clock, what failed, how its clock went."""

    def __init__(self, path):
        self.items = {}
        self.failures = []
        self.vulnerabilities = {}
        self.checks = {}
        self.clocks = []
        self._boots = []
        self._starts = []
        for line in path.read_text(encoding='utf-8').splitlines():
            stamp, _, text = line.partition(' | ')
            self._take(float(stamp), text)

    def _take(self, time, text):
        if text.startswith('# boot '):
            self._boots.append((text[7:], time))
        elif re.search(r'\bL\d: (init|first instruction)$', text):
            name, began = self._boots.pop() if self._boots else ('start', 0)
            self.items[name] = time - began
        elif text == '# start':
            self._starts.append(time)
        elif text.startswith('# failed: '):
            self.failures.append(text[10:])
        elif text.startswith('# memory '):
            self.items['memory'] = float(text[9:])
        elif match := re.match(r'# vulnerability ([^:]+):(.*)', text):
            self.vulnerabilities[match[1]] = match[2]
        elif match := re.match(r'# check (\w+) (\w+)$', text):
            self.checks[match[1]] = match[2]
        elif match := re.match(r'# network (\S+) ([\d.e+-]+)$', text):
            self.items[match[1]] = float(match[2])
        elif ' 4/4 running' in text:
            self._boots.append(('quickstart', time))
        elif text.startswith('L2 ran inside L1') and self._boots:
            self.items['quickstart'] = time - self._boots.pop()[1]
        elif (match := re.match(r'(\w+) (\d+\.\d+)$', text)) and self._starts:
            self._workload(match[1], time, float(match[2]))

    def _workload(self, name, time, by_guest):
        # The first pass of the page faults is printed after the second has run.
        if name == 'pagefault_first':
            seconds = self._starts[-1] - self._starts[-2]
        else:
            seconds = time - self._starts[-1]
        self.items[name] = seconds
        # Two at once: what is of interest is how much longer they take than one alone.
        if name.endswith('_x2') and (alone := self.items.get(name[:-1] + '1')):
            self.items[name[:-3]] = seconds / alone
        off = abs(by_guest - seconds) > CLOCK_TOLERANCE * seconds + LINE_SECONDS
        self.clocks.append((off, name, by_guest, seconds))


class Results:
    def __init__(self, folder):
        self.logs = {}
        for path in sorted(Path(folder).glob('*.log')):
            session, side, _ = path.name.split('.', 2)
            self.logs.setdefault((session, side), []).append(Log(path))

    def median(self, session, side, item):
        """The median and the number of runs."""
        values = [log.items[item.partition(':')[0]] for log in self.logs.get((session, side), []) if item.partition(':')[0] in log.items]
        return (statistics.median(values), len(values)) if values else (None, 0)


def print_row(row, results):
    """Prints one line; false if a figure of it is missing."""
    ours = [results.median(*row.ours, item) for item in row.items]
    other = [results.median(*row.other, item) for item in row.items] if row.other else []
    figures = ours + other
    missing = any(value is None for value, _ in figures)
    mean = len(row.items) > 1
    ratio = None
    if other and not missing:
        ratio = statistics.geometric_mean([a / b for (a, _), (b, _) in zip(ours, other)])
        ratio = 1 / ratio if row.rate else ratio
    cells = []
    for side in (ours, other):
        value = side[0][0] if side and not mean else None
        cells.append('-' if value is None else f'{value * row.scale:.4g} {row.unit}'.rstrip())
    cells.append('-' if ratio is None else f'{ratio:.3f}')
    judged = ours[0][0] if row.absolute else ratio
    verdict = ''
    if missing:
        verdict = 'NOT MEASURED'
    elif row.required is not None:
        value = judged * (row.scale if row.absolute else 1)
        verdict = 'reached' if value <= row.required else 'NOT REACHED'
        if row.aim is not None and value <= row.aim:
            verdict = 'aim reached'
    required = '-' if row.required is None else f'{row.required:g} {row.unit}' if row.absolute else f'{row.required:g}'
    runs = min(count for _, count in figures)
    print(f'{row.name:<22}{cells[0]:>12}{cells[1]:>12}{cells[2]:>10}{required:>10}  {verdict:<13}{runs:>3}  {row.title}')
    return not missing


def print_vulnerabilities(results):
    found = {side: log.vulnerabilities for (_, side), logs in results.logs.items() for log in logs if log.vulnerabilities and side in ('ours', 'tcg')}
    # Those of a session with mitigations=off say something else, and are not what the table's first part ran with.
    for (session, side), logs in results.logs.items():
        if not session.endswith('-off') and logs[0].vulnerabilities:
            found[side] = logs[0].vulnerabilities
    if found:
        print('\nL1\'s /sys/devices/system/cpu/vulnerabilities')
    for name in sorted({name for texts in found.values() for name in texts}):
        texts = [found.get(side, {}).get(name, 'not listed') for side in ('ours', 'tcg')]
        if texts[0] == texts[1]:
            print(f'  {name}: {texts[0]}')
        else:
            print(f'  {name}: ours: {texts[0]}; TCG: {texts[1]}')


def print_clocks(results):
    """Whether the guests' clocks went as the host's; false if one of ours did not."""
    good = True
    for side in ('ours', 'tcg'):
        clocks = [(session, *clock) for (session, s), logs in results.logs.items() if s == side for log in logs for clock in log.clocks]
        if not clocks:
            continue
        off = [clock for clock in clocks if clock[1]]
        print(f'guests\' clocks, {side}: {len(clocks) - len(off)} of {len(clocks)} times agree with the host\'s')
        for session, _, name, by_guest, seconds in off:
            print(f'  {session} {name}: {by_guest:.3f} s by the guest, {seconds:.3f} s by the host')
        good = good and not (off and side == 'ours')
    return good


def print_checks(results):
    """Whether each program's result was the same wherever it ran; false if not."""
    found = {}
    for (session, side), logs in results.logs.items():
        for log in logs:
            for name, value in log.checks.items():
                found.setdefault(name, {}).setdefault(value, set()).add(f'{session}, {side}')
    differing = {name: values for name, values in found.items() if len(values) > 1}
    if found:
        print(f"results: {len(found) - len(differing)} of {len(found)} programs' are the same wherever they ran")
    for name, values in differing.items():
        print(f'  {name}: ' + '; '.join(f'{value} in {", ".join(sorted(where))}' for value, where in values.items()))
    return not differing


def table(folder, chosen):
    results = Results(folder)
    print(f'{"row":<22}{"ours":>12}{"TCG":>12}{"ratio":>10}{"required":>10}  {"":<13}{"n":>3}')
    good = True
    group = None
    for row in chosen:
        if row.group != group and row.group in COLUMNS:
            print(f'{"":<22}{"ours":>12}{COLUMNS[row.group]:>12}{"ratio":>10}')
        group = row.group
        good = print_row(row, results) and good
    print_vulnerabilities(results)
    print()
    good = print_clocks(results) and good
    good = print_checks(results) and good
    for (session, side), logs in sorted(results.logs.items()):
        for failure in sorted({failure for log in logs for failure in log.failures}):
            print(f'failed: {session}, {side}: {failure}')
    return good


def plan(chosen):
    sessions = {}
    for row in chosen:
        for session, side, item in row.needs():
            items = sessions.setdefault((session, side), [])
            if item not in items:
                items.append(item)
    for (session, side), items in sessions.items():
        print(session, side, ','.join(items))


def main():
    command, *arguments = sys.argv[1:] or ['']
    folder = arguments.pop(0) if command == 'table' and arguments else None
    try:
        chosen = rows.chosen_rows(arguments)
    except KeyError as error:
        sys.exit(f'compare.sh: there is no row or group {error}; --list shows them.')
    if command == 'list':
        for row in chosen:
            print(f'{row.name:<22}{row.group:<12}{row.title}')
    elif command == 'plan':
        plan(chosen)
    elif folder:
        sys.exit(0 if table(folder, chosen) else 1)
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
