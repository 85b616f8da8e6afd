using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell;

/// <summary>A SCSI controller of a virtual machine, with the places 0 to 63.</summary>
public sealed class VMScsiController : VMDriveController
{
    private readonly int _count;

    private VMScsiController(VirtualMachine machine, int number, int count)
        : base(machine, number) => _count = count;

    /// <inheritdoc/>
    public override string Name => "SCSI Controller";

    /// <summary>Always false: it belongs to a virtual machine.</summary>
    public bool IsTemplate => false;

    internal override ControllerType ControllerType => ControllerType.SCSI;

    internal static List<VMScsiController> Of(VirtualMachine machine)
    {
        List<VMScsiController> controllers = [];
        int count = machine.Configuration.ScsiControllerCount;
        for (int number = 0; number < count; number++)
        {
            controllers.Add(new VMScsiController(machine, number, count));
        }

        return controllers;
    }

    /// <summary>Makes sure that the number still means this controller: removing one renumbers those after it.</summary>
    /// <exception cref="ApiException">It may not.</exception>
    internal void RequireCurrent()
    {
        if (Machine.Configuration.ScsiControllerCount != _count)
        {
            throw ApiException.InvalidState(
                $"'{VMName}' had {_count} SCSI controllers when this one was read and has {Machine.Configuration.ScsiControllerCount} now, so that numbers may have changed. "
                + "Get it anew with Get-VMScsiController.");
        }
    }
}
