using System.Text;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Networks;

namespace Nestvisor.Management.Machines;

/// <summary>What a configuration may say, and what of it may change in which state.</summary>
internal static class MachineRules
{
    /// <summary>Most virtual processors.</summary>
    public const int MaximumProcessorCount = 16;

    private const int LongestName = 100;
    private const int LongestCommandLine = 2047;

    // What a socket's address holds (unix(7)), without the zero at its end.
    private const int LongestSocketPath = 107;

    /// <summary>A new machine's configuration.</summary>
    /// <exception cref="ApiException">The request breaks a rule.</exception>
    public static MachineConfiguration Create(CreateMachineRequest request, DateTimeOffset now)
    {
        string version = request.Version ?? ConfigurationVersions.Default;
        VersionRules.RequireSupported(version);
        MachineConfiguration configuration = new()
        {
            Id = Guid.NewGuid(),
            Name = request.Name ?? "New Virtual Machine",
            CreationTime = now,
            Version = version,
            Generation = request.Generation ?? 1,
            Engine = request.Engine ?? WorkerEngine.Auto,
            MemoryStartupBytes = request.MemoryStartupBytes ?? MemoryRules.Default,
            NetworkAdapters = [AdapterRules.Create(new AddAdapterRequest { SwitchId = request.SwitchId })],
        };
        if (configuration.Generation is not (1 or 2))
        {
            throw ApiException.InvalidArgument($"Generation {configuration.Generation} does not exist; it is 1 or 2.");
        }

        Check(configuration);
        return request.DiskPath is { } disk ? DriveRules.AddDisk(configuration, new AddDiskRequest { Path = disk }, MachineState.Off) : configuration;
    }

    /// <summary>The configuration after a change.</summary>
    /// <exception cref="ApiException">The change breaks a rule or does not fit the machine's state.</exception>
    public static MachineConfiguration Change(MachineConfiguration old, ChangeMachineRequest change, MachineState state)
    {
        if (FirstThatNeedsOff(old, change, state) is { } setting)
        {
            RequireOff(old, state, setting.Failure, setting.Name);
        }

        if (change.Version is { } version)
        {
            VersionRules.CheckUpdate(old, version);
        }

        MachineConfiguration changed = old with
        {
            Name = change.Name ?? old.Name,
            Notes = change.Notes ?? old.Notes,
            Engine = change.Engine ?? old.Engine,
            Version = change.Version ?? old.Version,
            MemoryStartupBytes = change.MemoryStartupBytes ?? old.MemoryStartupBytes,
            MemoryMinimumBytes = change.MemoryMinimumBytes ?? old.MemoryMinimumBytes,
            MemoryMaximumBytes = change.MemoryMaximumBytes ?? old.MemoryMaximumBytes,
            MemoryBuffer = change.MemoryBuffer ?? old.MemoryBuffer,
            MemoryPriority = change.MemoryPriority ?? old.MemoryPriority,
            ProcessorCount = change.ProcessorCount ?? old.ProcessorCount,
            ExposeVirtualizationExtensions = change.ExposeVirtualizationExtensions ?? old.ExposeVirtualizationExtensions,
            MaskedProcessorFeatures = change.MaskedProcessorFeatures ?? old.MaskedProcessorFeatures,
            KernelPath = change.KernelPath is { } kernel ? EmptyToNull(kernel) : old.KernelPath,
            InitialRamDiskPath = change.InitialRamDiskPath is { } disk ? EmptyToNull(disk) : old.InitialRamDiskPath,
            KernelCommandLine = change.KernelCommandLine ?? old.KernelCommandLine,
            ComPort1Path = change.ComPort1Path is { } port ? EmptyToNull(port) : old.ComPort1Path,
            ComPort2Path = change.ComPort2Path is { } second ? EmptyToNull(second) : old.ComPort2Path,
            TestDevices = change.TestDevices ?? old.TestDevices,
        };
        Check(changed);
        if (change.ExposeVirtualizationExtensions == true)
        {
            VersionRules.CheckNesting(changed, HostProcessor.Read());
        }

        return changed;
    }

    /// <summary>Checks all that a configuration says by itself, whatever this host has.</summary>
    /// <exception cref="ApiException">It breaks a rule.</exception>
    public static void Check(MachineConfiguration configuration)
    {
        if (string.IsNullOrWhiteSpace(configuration.Name) || configuration.Name.Length > LongestName || HasControlCharacter(configuration.Name))
        {
            throw ApiException.InvalidArgument($"A virtual machine's name has 1 to {LongestName} characters, not only blanks and no control characters.");
        }

        MemoryRules.Check(configuration);
        if (configuration.ProcessorCount is < 1 or > MaximumProcessorCount)
        {
            throw ApiException.InvalidArgument(
                $"Failed to modify device 'Processor'.\nInvalid processor count for '{configuration.Name}': {configuration.ProcessorCount}. "
                + $"It is 1 to {MaximumProcessorCount}.");
        }

        if (configuration.KernelCommandLine.Length > LongestCommandLine || HasControlCharacter(configuration.KernelCommandLine))
        {
            throw ApiException.InvalidArgument($"A kernel command line has at most {LongestCommandLine} characters and no control characters.");
        }

        foreach (string? port in (ReadOnlySpan<string?>)[configuration.ComPort1Path, configuration.ComPort2Path])
        {
            if (port is not null && (Encoding.UTF8.GetByteCount(port) > LongestSocketPath || HasControlCharacter(port)))
            {
                throw ApiException.InvalidArgument($"'{port}' cannot be the path of a socket: it has at most {LongestSocketPath} bytes and no control characters.");
            }
        }

        if (configuration.ComPort1Path is { } first && configuration.ComPort1Path == configuration.ComPort2Path)
        {
            throw ApiException.InvalidArgument($"'{first}' cannot be the path of both serial ports of '{configuration.Name}'.");
        }

        foreach (string? path in (ReadOnlySpan<string?>)[configuration.KernelPath, configuration.InitialRamDiskPath, configuration.ComPort1Path, configuration.ComPort2Path])
        {
            if (path is not null && !Path.IsPathFullyQualified(path))
            {
                throw ApiException.InvalidArgument($"'{path}' is not an absolute path.");
            }
        }
    }

    private static (string Name, string Failure)? FirstThatNeedsOff(MachineConfiguration old, ChangeMachineRequest change, MachineState state) =>
        change.ExposeVirtualizationExtensions is not null ? ("ExposeVirtualizationExtensions", "Failed to modify device 'Processor'.")
        : change.ProcessorCount is not null ? ("the number of processors", "Failed to modify device 'Processor'.")
        : change.MaskedProcessorFeatures is not null ? ("the masked processor features", "Failed to modify device 'Processor'.")
        : MemoryRules.FirstThatNeedsOff(old, change, state) is { } memory ? (memory, "Failed to modify device 'Memory'.")
        : change.Version is not null ? ("the configuration version", "Failed to update the configuration version.")
        : change.KernelPath is not null || change.InitialRamDiskPath is not null || change.KernelCommandLine is not null
            ? ("what the machine boots", "Failed to modify the firmware settings.")
        : change.ComPort1Path is not null || change.ComPort2Path is not null ? ("the serial port", "Failed to modify device 'Serial Port'.")
        : change.Engine is not null ? ("the engine", "Failed to modify the virtual machine.")
        : change.TestDevices is not null ? ("TestDevices", "Failed to modify the virtual machine.")
        : null;

    /// <summary>Checks that a machine is off.</summary>
    /// <param name="configuration">The machine.</param>
    /// <param name="state">Its state.</param>
    /// <param name="failure">What failed, the error's first line.</param>
    /// <param name="setting">What can be changed only then.</param>
    /// <exception cref="ApiException">It is not.</exception>
    public static void RequireOff(MachineConfiguration configuration, MachineState state, string failure, string setting)
    {
        if (state != MachineState.Off)
        {
            throw ApiException.InvalidState(
                $"{failure}\nThe operation cannot be performed while '{configuration.Name}' is in its current state ({state}): {setting} can be changed "
                + $"only while the virtual machine is off. {(state == MachineState.Saved ? "Start and stop it, or remove its state with Remove-VMSavedState," : "Turn it off with Stop-VM")} and try again.");
        }
    }

    private static string? EmptyToNull(string text) => text.Length == 0 ? null : text;

    private static bool HasControlCharacter(string text)
    {
        foreach (char character in text)
        {
            if (char.IsControl(character))
            {
                return true;
            }
        }

        return false;
    }
}
