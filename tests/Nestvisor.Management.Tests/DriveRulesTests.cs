using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Management.Machines;

namespace Nestvisor.Management.Tests;

public sealed class DriveRulesTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void AddDisk_Generation1_TakesIdeThenScsi()
    {
        MachineConfiguration machine = Machine(generation: 1);
        for (int i = 0; i < 6; i++)
        {
            machine = Add(machine);
        }

        Assert.Equal(["Ide00", "Ide01", "Ide10", "Ide11", "Scsi00", "Scsi01"], Places(machine));
    }

    [Fact]
    public void AddDisk_Generation2_TakesScsi() => Assert.Equal(["Scsi00", "Scsi01"], Places(Add(Add(Machine(generation: 2)))));

    [Theory]
    [InlineData(1, null, 0, 0, "Ide00")]
    [InlineData(1, null, null, 1, "Ide01")]
    [InlineData(1, null, 1, null, "Ide10")]
    [InlineData(1, null, null, 2, "Scsi02")]
    [InlineData(1, null, 0, 63, "Scsi063")]
    [InlineData(1, DiskControllerType.Scsi, null, null, "Scsi00")]
    [InlineData(1, DiskControllerType.Ide, 1, 1, "Ide11")]
    [InlineData(2, null, 0, 0, "Scsi00")]
    public void AddDisk_WithAPlace_IsPutThere(int generation, DiskControllerType? type, int? number, int? location, string place) =>
        Assert.Equal([place], Places(Add(Machine(generation), type, number, location)));

    [Fact]
    public void AddDisk_AtAPlaceTakenOnIde_GoesToTheSameOnScsi() =>
        Assert.Equal(["Ide00", "Scsi00"], Places(Add(Add(Machine(generation: 1)), null, 0, 0)));

    [Theory]
    [InlineData(2, DiskControllerType.Ide, null, null, "no IDE controller")]
    [InlineData(1, DiskControllerType.Ide, 2, null, "IDE controller 2")]
    [InlineData(1, DiskControllerType.Ide, 0, 2, "location 2")]
    [InlineData(1, DiskControllerType.Scsi, 1, null, "SCSI controller 1")]
    [InlineData(1, DiskControllerType.Scsi, 0, 64, "location 64")]
    [InlineData(1, null, 0, -1, "location -1")]
    [InlineData(1, DiskControllerType.Scsi, 0, 1, "taken")]
    public void AddDisk_AtAPlaceThatCannotBe_IsAnInvalidArgument(int generation, DiskControllerType? type, int? number, int? location, string named)
    {
        MachineConfiguration machine = Add(Machine(generation), DiskControllerType.Scsi, 0, 1);

        ApiException error = Assert.Throws<ApiException>(() => Add(machine, type, number, location));

        Assert.Equal(ApiErrorCode.InvalidParameter, error.Error.Code);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("relative", ApiErrorCode.InvalidParameter)]
    [InlineData("/nowhere/disk", ApiErrorCode.ObjectNotFound)]
    [InlineData("/nowhere/disk.avhdx", ApiErrorCode.NotSupported)]
    [InlineData("/nowhere/disk.vhds", ApiErrorCode.NotSupported)]
    public void AddDisk_OfAFileThatCannotBe_SaysWhy(string path, string code) => Assert.Equal(
        code, Assert.Throws<ApiException>(() => DriveRules.AddDisk(Machine(1), new AddDiskRequest { Path = path }, MachineState.Off)).Error.Code);

    [Fact]
    public void AddDisk_OneTooMany_IsRefused()
    {
        MachineConfiguration machine = Machine(generation: 2);
        for (int i = 0; i < DriveRules.MostDisks; i++)
        {
            machine = Add(machine);
        }

        Assert.Contains("most", Assert.Throws<ApiException>(() => Add(machine)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Disks_OnAllKindsOfControllers_AreInTheOrderOfThePlaces()
    {
        MachineConfiguration machine = DriveRules.AddScsiController(Machine(generation: 1), MachineState.Off);
        machine = Add(machine, DiskControllerType.Scsi, 1, 0);
        machine = Add(machine, DiskControllerType.Scsi, 0, 9);
        machine = Add(machine, DiskControllerType.Ide, 1, 0);
        machine = Add(machine, DiskControllerType.Scsi, 0, 2);

        Assert.Equal(["Ide10", "Scsi02", "Scsi09", "Scsi10"], Places(machine));
    }

    [Theory]
    [InlineData(DiskControllerType.Scsi, null, null, "Scsi00")]
    [InlineData(DiskControllerType.Scsi, 1, 7, "Scsi17")]
    [InlineData(DiskControllerType.Ide, 1, null, "Ide10")]
    [InlineData(null, 1, null, "Ide10")]
    [InlineData(null, null, 1, "Ide01")]
    [InlineData(null, null, 0, "Ide00")]
    public void ChangeDisk_ToAnotherPlace_MovesIt(DiskControllerType? type, int? number, int? location, string place)
    {
        MachineConfiguration machine = Add(DriveRules.AddScsiController(Machine(generation: 1), MachineState.Off));
        ChangeDiskRequest change = new() { ToControllerType = type, ToControllerNumber = number, ToControllerLocation = location };

        MachineConfiguration changed = DriveRules.ChangeDisk(machine, DiskControllerType.Ide, 0, 0, change, MachineState.Off);

        Assert.Equal([place], Places(changed));
    }

    [Fact]
    public void ChangeDisk_ToATakenPlaceOrNone_ChangesNothing()
    {
        MachineConfiguration machine = Add(Add(Machine(generation: 1)));
        ChangeDiskRequest taken = new() { ToControllerLocation = 1 };

        ApiException error = Assert.Throws<ApiException>(() => DriveRules.ChangeDisk(machine, DiskControllerType.Ide, 0, 0, taken, MachineState.Off));

        Assert.Contains("taken", error.Message, StringComparison.Ordinal);
        Assert.Same(machine, DriveRules.ChangeDisk(machine, DiskControllerType.Ide, 0, 0, new ChangeDiskRequest(), MachineState.Off));
        Assert.Equal(
            ApiErrorCode.ObjectNotFound,
            Assert.Throws<ApiException>(() => DriveRules.ChangeDisk(machine, DiskControllerType.Scsi, 0, 0, taken, MachineState.Off)).Error.Code);
    }

    [Fact]
    public void ChangeDisk_OfTheFile_KeepsTheRest()
    {
        string other = Path.GetTempFileName();
        try
        {
            MachineConfiguration machine = DriveRules.AddDisk(Machine(1), new AddDiskRequest { Path = _file, ReadOnly = true }, MachineState.Off);

            DiskConfiguration disk = DriveRules.ChangeDisk(machine, DiskControllerType.Ide, 0, 0, new ChangeDiskRequest { Path = other }, MachineState.Off).Disks[0];

            Assert.Equal((other, true, DiskControllerType.Ide, 0, 0), (disk.Path, disk.ReadOnly, disk.ControllerType, disk.ControllerNumber, disk.ControllerLocation));
        }
        finally
        {
            File.Delete(other);
        }
    }

    [Fact]
    public void ScsiControllers_AddedAndRemoved_AreNumberedAnew()
    {
        MachineConfiguration machine = Machine(generation: 2);
        for (int count = 2; count <= DriveRules.MostScsiControllers; count++)
        {
            machine = DriveRules.AddScsiController(machine, MachineState.Off);
            Assert.Equal(count, machine.ScsiControllerCount);
        }

        Assert.Contains("most", Assert.Throws<ApiException>(() => DriveRules.AddScsiController(machine, MachineState.Off)).Message, StringComparison.Ordinal);
        machine = Add(Add(Add(machine, DiskControllerType.Scsi, 0, 0), DiskControllerType.Scsi, 1, 5), DiskControllerType.Scsi, 3, 6);

        machine = DriveRules.RemoveScsiController(machine, 1, MachineState.Off);

        Assert.Equal(3, machine.ScsiControllerCount);
        Assert.Equal(["Scsi00", "Scsi26"], Places(machine));
        Assert.Equal(ApiErrorCode.ObjectNotFound, Assert.Throws<ApiException>(() => DriveRules.RemoveScsiController(machine, 3, MachineState.Off)).Error.Code);
    }

    [Theory]
    [InlineData(MachineState.Running)]
    [InlineData(MachineState.Paused)]
    [InlineData(MachineState.Saved)]
    public void Drives_OfAMachineThatIsNotOff_StayAsTheyAre(MachineState state)
    {
        MachineConfiguration machine = Add(Machine(1));
        Action[] refused =
        [
            () => DriveRules.AddDisk(machine, new AddDiskRequest { Path = _file }, state),
            () => DriveRules.ChangeDisk(machine, DiskControllerType.Ide, 0, 0, new ChangeDiskRequest { ToControllerLocation = 1 }, state),
            () => DriveRules.RemoveDisk(machine, DiskControllerType.Ide, 0, 0, state),
            () => DriveRules.AddScsiController(machine, state),
            () => DriveRules.RemoveScsiController(machine, 0, state),
        ];

        Assert.All(refused, action => Assert.Equal(ApiErrorCode.InvalidState, Assert.Throws<ApiException>(action).Error.Code));
    }

    private static IEnumerable<string> Places(MachineConfiguration machine) =>
        machine.Disks.Select(disk => $"{disk.ControllerType}{disk.ControllerNumber}{disk.ControllerLocation}");

    private static MachineConfiguration Machine(int generation) =>
        MachineRules.Create(new CreateMachineRequest { Generation = generation }, DateTimeOffset.UnixEpoch);

    private MachineConfiguration Add(MachineConfiguration machine, DiskControllerType? type = null, int? number = null, int? location = null) => DriveRules.AddDisk(
        machine, new AddDiskRequest { Path = _file, ControllerType = type, ControllerNumber = number, ControllerLocation = location }, MachineState.Off);
}
