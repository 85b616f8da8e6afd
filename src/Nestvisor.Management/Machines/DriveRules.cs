using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Disks;

namespace Nestvisor.Management.Machines;

/// <summary>Where virtual hard disks can be: IDE controllers 0 and 1 with two places each in generation 1, SCSI controllers 0 to 3 with 64 each.</summary>
internal static class DriveRules
{
    /// <summary>Most SCSI controllers.</summary>
    public const int MostScsiControllers = 4;

    /// <summary>Places on a SCSI controller.</summary>
    public const int ScsiLocations = 64;

    /// <summary>
    /// Most disks: each is a device on the machine's PCI bus, which has 31 for disks, network adapters and the source of random numbers.
    /// </summary>
    public const int MostDisks = 24;

    private const int IdeControllers = 2;
    private const int IdeLocations = 2;
    private const string DeviceName = "'Virtual Hard Disk'";
    private const string ControllerName = "'SCSI Controller'";

    private static readonly DiskControllerType[] s_both = [DiskControllerType.Ide, DiskControllerType.Scsi];

    /// <summary>The configuration with one more disk.</summary>
    /// <exception cref="ApiException">The place is taken or does not exist, or the file cannot be a disk.</exception>
    public static MachineConfiguration AddDisk(MachineConfiguration old, AddDiskRequest request, MachineState state)
    {
        MachineRules.RequireOff(old, state, $"Failed to add device {DeviceName}.", "disks");
        if (old.Disks.Count >= MostDisks)
        {
            throw ApiException.InvalidArgument($"Failed to add device {DeviceName}.\n'{old.Name}' has {old.Disks.Count} disks, and {MostDisks} are the most.");
        }

        return WithDisk(old, old.Disks, request);
    }

    /// <summary>The configuration with a disk at another place or of another file.</summary>
    /// <exception cref="ApiException">There is none at that place, the new place is taken or does not exist, or the file cannot be a disk.</exception>
    public static MachineConfiguration ChangeDisk(
        MachineConfiguration old, DiskControllerType type, int number, int location, ChangeDiskRequest change, MachineState state)
    {
        MachineRules.RequireOff(old, state, $"Failed to modify device {DeviceName}.", "disks");
        DiskConfiguration disk = Find(old, type, number, location);
        bool otherKind = change.ToControllerType is { } toType && toType != type;
        bool otherController = otherKind || change.ToControllerNumber is not null;
        bool moves = otherController || change.ToControllerType is not null || change.ToControllerLocation is not null;
        AddDiskRequest wanted = new()
        {
            Path = change.Path ?? disk.Path,
            ReadOnly = disk.ReadOnly,
            ControllerType = change.ToControllerType ?? type,
            ControllerNumber = change.ToControllerNumber ?? (otherKind ? null : number),
            ControllerLocation = change.ToControllerLocation ?? (otherController ? null : location),
        };

        List<DiskConfiguration> others = [.. old.Disks];
        _ = others.Remove(disk);
        return moves || change.Path is not null ? WithDisk(old, others, wanted) : old;
    }

    /// <summary>The configuration with one disk less.</summary>
    /// <exception cref="ApiException">There is none at that place.</exception>
    public static MachineConfiguration RemoveDisk(MachineConfiguration old, DiskControllerType type, int number, int location, MachineState state)
    {
        MachineRules.RequireOff(old, state, $"Failed to remove device {DeviceName}.", "disks");
        List<DiskConfiguration> disks = [.. old.Disks];
        _ = disks.Remove(Find(old, type, number, location));
        return old with { Disks = disks };
    }

    /// <summary>The configuration with one SCSI controller more.</summary>
    /// <exception cref="ApiException">There are four.</exception>
    public static MachineConfiguration AddScsiController(MachineConfiguration old, MachineState state)
    {
        MachineRules.RequireOff(old, state, $"Failed to add device {ControllerName}.", "disk controllers");
        return old.ScsiControllerCount < MostScsiControllers
            ? old with { ScsiControllerCount = old.ScsiControllerCount + 1 }
            : throw ApiException.InvalidArgument(
                $"Failed to add device {ControllerName}.\n'{old.Name}' has {old.ScsiControllerCount} SCSI controllers, and {MostScsiControllers} are the most.");
    }

    /// <summary>The configuration without a SCSI controller and its disks; the controllers after it move down by one.</summary>
    /// <exception cref="ApiException">There is none of that number.</exception>
    public static MachineConfiguration RemoveScsiController(MachineConfiguration old, int number, MachineState state)
    {
        MachineRules.RequireOff(old, state, $"Failed to remove device {ControllerName}.", "disk controllers");
        if (number < 0 || number >= old.ScsiControllerCount)
        {
            throw ApiException.NotFound($"'{old.Name}' has no SCSI controller {number}.");
        }

        List<DiskConfiguration> disks = [];
        foreach (DiskConfiguration disk in old.Disks)
        {
            if (disk.ControllerType != DiskControllerType.Scsi || disk.ControllerNumber < number)
            {
                disks.Add(disk);
            }
            else if (disk.ControllerNumber > number)
            {
                disks.Add(disk with { ControllerNumber = disk.ControllerNumber - 1 });
            }
        }

        return old with { Disks = disks, ScsiControllerCount = old.ScsiControllerCount - 1 };
    }

    /// <summary>Checks that each disk has a place that exists, of its own.</summary>
    /// <exception cref="ApiException">One has not.</exception>
    public static void CheckPlaces(MachineConfiguration machine)
    {
        if (machine.ScsiControllerCount is < 0 or > MostScsiControllers || machine.Disks.Count > MostDisks)
        {
            throw ApiException.InvalidArgument(
                $"'{machine.Name}' cannot have {machine.ScsiControllerCount} SCSI controllers and {machine.Disks.Count} disks: {MostScsiControllers} and {MostDisks} are the most.");
        }

        HashSet<(DiskControllerType, int, int)> places = [];
        foreach (DiskConfiguration disk in machine.Disks)
        {
            (int controllers, int locations) = Extent(machine, disk.ControllerType);
            if (disk.ControllerNumber < 0 || disk.ControllerNumber >= controllers || disk.ControllerLocation < 0 || disk.ControllerLocation >= locations
                || !places.Add((disk.ControllerType, disk.ControllerNumber, disk.ControllerLocation)))
            {
                throw ApiException.InvalidArgument(
                    $"The place of the disk '{disk.Path}' of '{machine.Name}', location {disk.ControllerLocation} of {Name(disk.ControllerType)} controller "
                    + $"{disk.ControllerNumber}, does not exist or is another disk's too.");
            }
        }
    }

    private static MachineConfiguration WithDisk(MachineConfiguration machine, IReadOnlyList<DiskConfiguration> others, AddDiskRequest request)
    {
        DiskConfiguration disk = Place(machine, others, request);
        DiskFileRules.CheckPath(disk.Path);
        DiskFiles.CheckThoroughly(machine.Name, disk);
        List<DiskConfiguration> disks = [.. others, disk];
        disks.Sort(static (a, b) => Order(a).CompareTo(Order(b)));
        return machine with { Disks = disks };
    }

    // The guest finds those on IDE controllers first, as a PC's firmware does.
    private static (bool IsScsi, int Number, int Location) Order(DiskConfiguration disk) =>
        (disk.ControllerType == DiskControllerType.Scsi, disk.ControllerNumber, disk.ControllerLocation);

    private static DiskConfiguration Find(MachineConfiguration machine, DiskControllerType type, int number, int location)
    {
        foreach (DiskConfiguration disk in machine.Disks)
        {
            if (IsAt(disk, type, number, location))
            {
                return disk;
            }
        }

        throw ApiException.NotFound($"'{machine.Name}' has no hard disk drive at {Name(type)} controller {number}, location {location}.");
    }

    // The first free place that the request allows. Without a kind IDE comes before SCSI, also where the number and the location are given.
    private static DiskConfiguration Place(MachineConfiguration machine, IReadOnlyList<DiskConfiguration> others, AddDiskRequest request)
    {
        string? taken = null;
        bool exists = false;
        DiskControllerType[] types = request.ControllerType is { } given ? [given] : s_both;
        foreach (DiskControllerType type in types)
        {
            (int controllers, int locations) = Extent(machine, type);
            foreach (int number in Among(request.ControllerNumber, controllers))
            {
                foreach (int location in Among(request.ControllerLocation, locations))
                {
                    exists = true;
                    DiskConfiguration? occupant = others.FirstOrDefault(disk => IsAt(disk, type, number, location));
                    if (occupant is null)
                    {
                        return new DiskConfiguration
                        {
                            Path = request.Path,
                            ReadOnly = request.ReadOnly,
                            ControllerType = type,
                            ControllerNumber = number,
                            ControllerLocation = location,
                        };
                    }

                    taken = $"Location {location} of {Name(type)} controller {number} of '{machine.Name}' is taken by '{occupant.Path}'.";
                }
            }
        }

        throw ApiException.InvalidArgument(
            !exists ? NoSuchPlace(machine, request)
            : request is { ControllerNumber: not null, ControllerLocation: not null } ? taken!
            : $"No place that was asked for is free on the disk controllers of '{machine.Name}'. Name another, or add a controller with Add-VMScsiController.");
    }

    private static string NoSuchPlace(MachineConfiguration machine, AddDiskRequest request)
    {
        string kind = request.ControllerType is { } type ? $"{Name(type)} " : "";
        string number = request.ControllerNumber is { } controller ? $" {controller}" : "";
        string location = request.ControllerLocation is { } place ? $" with a location {place}" : "";
        string ide = machine.Generation == 1
            ? $"IDE controllers 0 to {IdeControllers - 1} with the locations 0 to {IdeLocations - 1}, and "
            : "no IDE controller, which generation 2 never has, and ";
        string scsi = machine.ScsiControllerCount switch
        {
            0 => "no SCSI controller; Add-VMScsiController adds one",
            1 => $"SCSI controller 0 with the locations 0 to {ScsiLocations - 1}",
            int count => $"SCSI controllers 0 to {count - 1} with the locations 0 to {ScsiLocations - 1}",
        };
        return $"'{machine.Name}' has no {kind}controller{number}{location}. It has {ide}{scsi}.";
    }

    private static (int Controllers, int Locations) Extent(MachineConfiguration machine, DiskControllerType type) => type == DiskControllerType.Ide
        ? (machine.Generation == 1 ? IdeControllers : 0, IdeLocations)
        : (machine.ScsiControllerCount, ScsiLocations);

    private static IEnumerable<int> Among(int? given, int count) =>
        given is not { } one ? Enumerable.Range(0, count) : one >= 0 && one < count ? [one] : [];

    private static bool IsAt(DiskConfiguration disk, DiskControllerType type, int number, int location) =>
        disk.ControllerType == type && disk.ControllerNumber == number && disk.ControllerLocation == location;

    private static string Name(DiskControllerType type) => type == DiskControllerType.Ide ? "IDE" : "SCSI";
}
