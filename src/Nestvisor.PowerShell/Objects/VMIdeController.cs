namespace Microsoft.HyperV.PowerShell;

/// <summary>An IDE controller of a virtual machine of generation 1, with the places 0 and 1.</summary>
public sealed class VMIdeController : VMDriveController
{
    private const int Count = 2;

    private VMIdeController(VirtualMachine machine, int number)
        : base(machine, number)
    {
    }

    /// <inheritdoc/>
    public override string Name => $"IDE Controller {ControllerNumber}";

    internal override ControllerType ControllerType => ControllerType.IDE;

    internal static IEnumerable<VMIdeController> Of(VirtualMachine machine)
    {
        for (int number = 0; machine.Generation == 1 && number < Count; number++)
        {
            yield return new VMIdeController(machine, number);
        }
    }
}
