using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;

namespace Nestvisor.Management.Machines;

/// <summary>What a configuration may say, and what of it may change in which state.</summary>
internal static class MachineRules
{
    /// <summary>Most virtual processors.</summary>
    public const int MaximumProcessorCount = 16;

    /// <summary>Places on the disk controller.</summary>
    public const int DiskLocations = 64;

    private const int LongestName = 100;
    private const int LongestCommandLine = 2047;

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
            Disks = request.DiskPath is null ? [] : [new DiskConfiguration { Path = request.DiskPath, ControllerLocation = 0 }],
        };
        if (configuration.Generation is not (1 or 2))
        {
            throw ApiException.InvalidArgument($"Generation {configuration.Generation} does not exist; it is 1 or 2.");
        }

        Check(configuration);
        foreach (DiskConfiguration disk in configuration.Disks)
        {
            CheckDiskFile(configuration.Name, disk);
        }

        return configuration;
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
            TestDevices = change.TestDevices ?? old.TestDevices,
        };
        Check(changed);
        if (change.ExposeVirtualizationExtensions == true)
        {
            VersionRules.CheckNesting(changed, HostProcessor.Read());
        }

        return changed;
    }

    /// <summary>The configuration with one more disk.</summary>
    /// <exception cref="ApiException">The place is taken or does not exist, or the file cannot be a disk.</exception>
    public static MachineConfiguration AddDisk(MachineConfiguration old, AddDiskRequest request, MachineState state)
    {
        RequireOff(old, state, "Failed to add device 'Virtual Hard Disk'.", "disks");
        if (request.ControllerNumber is not (null or 0))
        {
            throw ApiException.InvalidArgument(
                $"'{old.Name}' has no disk controller {request.ControllerNumber}; it has controller 0 with the locations 0 to {DiskLocations - 1}.");
        }

        int location = request.ControllerLocation ?? FirstFreeLocation(old);
        if (location is < 0 or >= DiskLocations)
        {
            throw ApiException.InvalidArgument($"Disk controller 0 of '{old.Name}' has no location {location}; it has 0 to {DiskLocations - 1}.");
        }

        DiskConfiguration disk = new() { Path = request.Path, ReadOnly = request.ReadOnly, ControllerLocation = location };
        foreach (DiskConfiguration other in old.Disks)
        {
            if (other.ControllerLocation == location)
            {
                throw ApiException.InvalidArgument($"Location {location} of disk controller 0 of '{old.Name}' is taken by '{other.Path}'.");
            }
        }

        CheckDiskFile(old.Name, disk);
        List<DiskConfiguration> disks = [.. old.Disks, disk];
        disks.Sort((a, b) => a.ControllerLocation.CompareTo(b.ControllerLocation));
        return old with { Disks = disks };
    }

    /// <summary>The configuration with one disk less.</summary>
    /// <exception cref="ApiException">There is none at that place.</exception>
    public static MachineConfiguration RemoveDisk(MachineConfiguration old, int number, int location, MachineState state)
    {
        RequireOff(old, state, "Failed to remove device 'Virtual Hard Disk'.", "disks");
        List<DiskConfiguration> disks = [.. old.Disks];
        return disks.RemoveAll(disk => disk.ControllerNumber == number && disk.ControllerLocation == location) == 0
            ? throw ApiException.NotFound($"'{old.Name}' has no hard disk drive at controller {number}, location {location}.")
            : old with { Disks = disks };
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

        foreach (string? path in (ReadOnlySpan<string?>)[configuration.KernelPath, configuration.InitialRamDiskPath])
        {
            if (path is not null && !Path.IsPathFullyQualified(path))
            {
                throw ApiException.InvalidArgument($"'{path}' is not an absolute path.");
            }
        }
    }

    /// <summary>Checks that each disk has a place that exists, of its own.</summary>
    /// <exception cref="ApiException">One has not.</exception>
    public static void CheckDiskPlaces(MachineConfiguration configuration)
    {
        HashSet<(int, int)> places = [];
        foreach (DiskConfiguration disk in configuration.Disks)
        {
            if (disk.ControllerNumber != 0 || disk.ControllerLocation is < 0 or >= DiskLocations || !places.Add((disk.ControllerNumber, disk.ControllerLocation)))
            {
                throw ApiException.InvalidArgument(
                    $"The place of the disk '{disk.Path}' of '{configuration.Name}', location {disk.ControllerLocation} of controller {disk.ControllerNumber}, "
                    + "does not exist or is another disk's too.");
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
        : change.Engine is not null ? ("the engine", "Failed to modify the virtual machine.")
        : change.TestDevices is not null ? ("TestDevices", "Failed to modify the virtual machine.")
        : null;

    private static void RequireOff(MachineConfiguration configuration, MachineState state, string failure, string setting)
    {
        if (state != MachineState.Off)
        {
            throw ApiException.InvalidState(
                $"{failure}\nThe operation cannot be performed while '{configuration.Name}' is in its current state ({state}): {setting} can be changed "
                + $"only while the virtual machine is off. {(state == MachineState.Saved ? "Start and stop it, or remove its state with Remove-VMSavedState," : "Turn it off with Stop-VM")} and try again.");
        }
    }

    private static int FirstFreeLocation(MachineConfiguration configuration)
    {
        int location = 0;
        foreach (DiskConfiguration disk in configuration.Disks)
        {
            location = disk.ControllerLocation == location ? location + 1 : location;
        }

        return location;
    }

    private static void CheckDiskFile(string name, DiskConfiguration disk)
    {
        if (!Path.IsPathFullyQualified(disk.Path))
        {
            throw ApiException.InvalidArgument($"'{disk.Path}' is not an absolute path.");
        }

        DiskFiles.CheckThoroughly(name, disk);
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
