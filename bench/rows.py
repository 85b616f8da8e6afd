"""The rows of bench/compare.sh: what each is made of, and what is required of it."""
from dataclasses import dataclass

PLAIN = ['sha256', 'chase', 'qsort', 'syscall', 'fork', 'pagefault']
FLOAT = ['matmul', 'memcpy', 'memcpy_rep', 'memcpy_sse2', 'x87']
WORKLOADS = PLAIN + FLOAT
PROGRAMS = ['gcc', 'xz', 'perl', 'dotnet', 'pipe', 'rewrite', 'disk_random', 'disk_sequential']
CPUIDS = 20000
PORT_READS = 5000


@dataclass(frozen=True)
class Row:
    """One line of the table.

    A figure is measured in a session (one run of L1, or what else session() of compare.sh knows), on a side, as an item of its
    log. With several items the row is the geometric mean of the ratios.
    """
    name: str
    group: str
    title: str
    items: tuple
    ours: tuple             # (session, side)
    other: tuple | None     # what it is compared with, if anything
    required: float | None = None
    aim: float | None = None
    absolute: bool = False  # the requirement is for our figure, not for the ratio
    unit: str = 's'
    scale: float = 1        # from what the log has to the unit
    rate: bool = False      # more is better: the ratio is the other's figure by ours

    def needs(self):
        return [(*side, item) for side in (self.ours, self.other) if side for item in self.items]


def against_tcg(name, group, title, session, items, required=None, aim=None, **more):
    return Row(name, group, title, tuple(items), (session, 'ours'), (session, 'tcg'), required, aim, **more)


# Streams are bytes a second; trips are seconds, in micro-seconds in the table.
NETWORK = [
    ('down', 'TCP stream, host to guest', {'unit': 'MB/s', 'scale': 1e-6, 'rate': True}),
    ('up', 'TCP stream, guest to host', {'unit': 'MB/s', 'scale': 1e-6, 'rate': True}),
] + [
    (f'{protocol}-{size}', f'{protocol.upper()} round trip, {size} byte{"s" if size > 1 else ""}', {'unit': 'us', 'scale': 1e6})
    for protocol, size in (('tcp', 1), ('tcp', 1400), ('udp', 1), ('udp', 1400), ('icmp', 56))
]


def network_rows():
    """L1; L2 with the same monitor on both sides, once ours and once QEMU; and the two monitors on our L1's KVM."""
    sets = [
        ('', 'network', 'L1', ('network', 'ours'), ('network', 'tcg')),
        ('-l2', 'network', 'L2 by Nestvisor in L1', ('network2-nestvisor', 'ours'), ('network2-nestvisor', 'tcg')),
        ('-l2-qemu', 'network', 'L2 by QEMU in L1', ('network2-qemu', 'ours'), ('network2-qemu', 'tcg')),
        ('-kvm', 'network-kvm', "L2 on our L1's KVM", ('network2-nestvisor', 'ours'), ('network2-qemu', 'ours')),
    ]
    return [
        Row(f'net-{item}{suffix}', group, f'{where}: {title}', (item,), ours, other, 1, **more)
        for suffix, group, where, ours, other in sets for item, title, more in NETWORK
    ]


def all_rows():
    rows = [
        against_tcg('start', 'start', "Start-VM in a running shell (TCG: its command) to L1's init", 'start', ['start'], 0.6, 0.4),
        Row('first-instruction', 'start', "Start-VM in a running shell to the guest's first instruction", ('first',), ('first', 'ours'), None, 60,
            absolute=True, unit='ms', scale=1000),
        against_tcg('l2', 'l2', "L2 boot, exec in L1 to L2's init", 'guests', ['quiet'], 0.4, 0.2),
        against_tcg('l2-verbose', 'l2', 'the same, kernel messages on the serial line', 'guests', ['verbose'], 0.15, 0.05),
        against_tcg('l3', 'l3', "L3 boot, exec in L2 to L3's init", 'nested', ['l3'], 0.3, 0.1),
    ]
    titles = {'syscall': 'getppid', 'pagefault': 'page faults'}
    rows += [against_tcg(w, 'bench', f'{titles.get(w, w)} in L1', 'bench', [w], 0.85) for w in PLAIN]
    rows += [against_tcg('plain', 'bench', 'geometric mean of these six', 'bench', PLAIN, 0.55, 0.35)]
    rows += [against_tcg(w, 'bench', f'{w} in L1', 'bench', [w]) for w in FLOAT]
    rows += [against_tcg('float', 'bench', 'geometric mean of these five', 'bench', FLOAT, 0.08, 0.05)]
    rows += [against_tcg(p, 'programs', f'{p} in L1', 'programs', [p], 0.7, 0.4) for p in PROGRAMS]
    in_us = {'absolute': True, 'unit': 'us'}
    rows += [
        against_tcg('cpuid', 'l2', "CPUID in L2, to L1's KVM and back", 'guests', [f'cpuid:{CPUIDS}'], 5, 1.5, scale=1e6 / CPUIDS, **in_us),
        # The timer of ACPI, read by the kernel: under TCG an L2 whose user code accesses ports gets SIGSEGV.
        against_tcg('port', 'l2', "port access in L2, answered by L1's VMM", 'guests', [f'pmtimer:{PORT_READS}'], 40, 15,
                    scale=1e6 / PORT_READS, **in_us),
        Row('quickstart', 'quickstart', 'quickstart after the build, to the closing table', ('quickstart',), ('quickstart', 'ours'), None, 30, 15, absolute=True),
        against_tcg('memory', 'memory', 'memory beside the guest\'s, L1 booted', 'bench', ['memory'], 120, absolute=True, unit='MiB'),
        against_tcg('start-off', 'off', 'start, with mitigations=off', 'start-off', ['start']),
        against_tcg('l2-off', 'off', 'l2, with mitigations=off', 'guests-off', ['quiet']),
        against_tcg('syscall-off', 'off', 'getppid, with mitigations=off', 'bench-off', ['syscall']),
    ]
    rows += network_rows()
    native = {'ours': ('bench', 'ours'), 'other': ('native', 'host')}
    rows += [Row(f'{w}-native', 'native', f'{w}: L1 against native', (w,), **native) for w in WORKLOADS]
    rows += [Row('native', 'native', 'geometric mean, L1 against native', tuple(WORKLOADS), **native, required=2.8, aim=2.2)]
    at_once = {'ours': ('parallel', 'ours'), 'other': ('parallel', 'host'), 'unit': ''}
    rows += [Row(f'{w}-parallel', 'parallel', f'{w}: two processors at once against one alone', (w,), **at_once, required=1.1) for w in PLAIN]
    nested = {'ours': ('bench2', 'ours'), 'other': ('bench', 'ours')}
    rows += [Row(f'{w}-l2', 'l2-bench', f'{w}: L2 against our L1', (w,), **nested) for w in WORKLOADS]
    rows += [Row('l2-bench', 'l2-bench', 'geometric mean, L2 against our L1', tuple(WORKLOADS), **nested, required=1.15, aim=1.05)]
    return rows


def chosen_rows(names):
    """The rows with these names, or of these groups; all if there are none. Raises KeyError with what there is not."""
    rows = all_rows()
    for name in names:
        if not any(name in (row.name, row.group) for row in rows):
            raise KeyError(name)
    return [row for row in rows if not names or row.name in names or row.group in names]
