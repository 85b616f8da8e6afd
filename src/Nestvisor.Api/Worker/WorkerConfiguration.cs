namespace Nestvisor.Api.Worker;

/// <summary>
/// What <c>nestvisor-worker run --config FILE</c> reads: everything about one run of one virtual machine. Unknown fields are
/// errors.
/// </summary>
/// <remarks>
/// Properties with a default value can be set, not only initialized: the generated JSON reader gives an absent one that can only be
/// initialized the value 0 or null.
/// </remarks>
public sealed record WorkerConfiguration
{
    /// <summary>Ending of <see cref="SavedStateFile"/> for what is not, or no longer, a valid saved state.</summary>
    public const string InvalidStateEnding = ".new";

    /// <summary>Identifier of the virtual machine.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name of the virtual machine.</summary>
    public required string Name { get; init; }

    /// <summary>The engine.</summary>
    public WorkerEngine Engine { get; set; } = WorkerEngine.Auto;

    /// <summary>Bytes of guest memory, a multiple of 1 MiB.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Number of virtual processors.</summary>
    public int ProcessorCount { get; set; } = 1;

    /// <summary>Whether the guest finds AMD-V or VT-x.</summary>
    public bool ExposeVirtualizationExtensions { get; init; }

    /// <summary>
    /// Processor features that CPUID must not show: names as in /proc/cpuinfo (<c>avx2</c>), or single bits as
    /// <c>LEAF.SUBLEAF.REGISTER.BIT</c> with hexadecimal leaf and subleaf (<c>7.0.ebx.5</c>).
    /// </summary>
    public IReadOnlyList<string> MaskedCpuFeatures { get; set; } = [];

    /// <summary>The kernel: bzImage, ELF (PVH) or multiboot ELF.</summary>
    public required string Kernel { get; init; }

    /// <summary>The initial RAM disk; null for none.</summary>
    public string? Initrd { get; init; }

    /// <summary>Modules of a multiboot or PVH kernel, at most 8 with the initial RAM disk, which becomes the last. Other kernels take none.</summary>
    public IReadOnlyList<WorkerModule> Modules { get; set; } = [];

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; set; } = "";

    /// <summary>Disks, in the order in which the guest finds them.</summary>
    public IReadOnlyList<WorkerDisk> Disks { get; set; } = [];

    /// <summary>Network adapters, in the order in which the guest finds them.</summary>
    public IReadOnlyList<WorkerNetworkAdapter> NetworkAdapters { get; set; } = [];

    /// <summary>
    /// How often the software engine interprets a block of code before it translates it to native code; -1 to only interpret, null for
    /// what the engine thinks best.
    /// </summary>
    public int? TranslateAfter { get; init; }

    /// <summary>
    /// Whether the software engine writes <c>/tmp/perf-PID.map</c>, from which Linux's perf knows the names of translated code.
    /// </summary>
    public bool PerfMap { get; init; }

    /// <summary>
    /// File to which the software engine writes the guest code and the native code of each block that it translates, at most 512 MiB;
    /// null for none. One that exists is overwritten.
    /// </summary>
    public string? TranslationsFile { get; init; }

    /// <summary>
    /// Which native code the software engine compares with what its interpreter makes of the same code. A difference ends the machine as
    /// an internal error.
    /// </summary>
    public WorkerComparison CompareTiers { get; init; }

    /// <summary>Whether the machine has the test devices (ports 0xf4, 0xe0 to 0xe4 and 0x2000 on).</summary>
    public bool TestDevices { get; init; }

    /// <summary>What a reset that the guest asks for does.</summary>
    public WorkerResetPolicy OnReset { get; set; } = WorkerResetPolicy.Restart;

    /// <summary>What a triple fault does.</summary>
    public WorkerResetPolicy OnTripleFault { get; set; } = WorkerResetPolicy.Restart;

    /// <summary>Path of the control socket (at most 107 bytes).</summary>
    public required string ControlSocket { get; init; }

    /// <summary>Path of the console socket (at most 107 bytes); null for none.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>Path of the socket of COM2 (at most 107 bytes); null for a machine without COM2.</summary>
    public string? SecondSerialSocket { get; init; }

    /// <summary>File that the first serial port's output is appended to; null for none.</summary>
    public string? ConsoleLog { get; init; }

    /// <summary>Largest size of the console log in bytes; a full one is renamed to <c>NAME.1</c>.</summary>
    public long ConsoleLogMaximumBytes { get; set; } = 4 << 20;

    /// <summary>File that <see cref="WorkerExit"/> is written to, atomically, when the run ends; null for none.</summary>
    public string? StatusFile { get; init; }

    /// <summary>
    /// File that <see cref="WorkerMethod.Save"/> writes the machine's state to; null for none. It has this name only while it is a whole
    /// saved state that the machine has not gone on from; else it has <see cref="InvalidStateEnding"/>, and can be removed after the run.
    /// </summary>
    public string? SavedStateFile { get; init; }

    /// <summary>Whether the machine goes on from <see cref="SavedStateFile"/> instead of booting.</summary>
    public bool RestoreSavedState { get; init; }
}
