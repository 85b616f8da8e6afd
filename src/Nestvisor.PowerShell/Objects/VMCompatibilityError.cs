using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell;

/// <summary>One thing that keeps an exported virtual machine from being imported.</summary>
public sealed class VMCompatibilityError
{
    internal VMCompatibilityError(VirtualMachine machine, ImportIssue issue)
    {
        Message = issue.Message;
        MessageId = (int)issue.Kind;
        Source = issue.Disk is { } disk
            ? Array.Find(machine.HardDrives, drive => drive.IsAt(Convert.ToControllerType(disk.ControllerType), disk.ControllerNumber, disk.ControllerLocation)) ?? (object)machine
            : issue.Adapter is { } adapter
                ? machine.NetworkAdapters.FirstOrDefault(each => each.AdapterGuid == adapter) ?? (object)machine
                : machine;
    }

    /// <summary>What is wrong and what to do.</summary>
    public string Message { get; }

    /// <summary>What it is; the numbers stand in docs/commands.md.</summary>
    public int MessageId { get; }

    /// <summary>What it is about: a hard disk drive or network adapter, else the planned virtual machine.</summary>
    public object Source { get; }
}
