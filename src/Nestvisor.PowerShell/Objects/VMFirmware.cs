namespace Microsoft.HyperV.PowerShell;

/// <summary>What a virtual machine boots. Kernel, initial RAM disk and command line are extensions of Nestvisor's.</summary>
public sealed class VMFirmware : VMComponentObject
{
    internal VMFirmware(VirtualMachine machine)
        : base(machine)
    {
    }

    /// <inheritdoc/>
    public override string Name => "Firmware";

    /// <summary>Path of the kernel; null for none.</summary>
    public string? KernelPath => Machine.Configuration.KernelPath;

    /// <summary>Path of the initial RAM disk; null for none.</summary>
    public string? InitialRamDiskPath => Machine.Configuration.InitialRamDiskPath;

    /// <summary>The kernel's command line.</summary>
    public string KernelCommandLine => Machine.Configuration.KernelCommandLine;

    /// <summary>Always empty: the machine boots its kernel.</summary>
    public object[] BootOrder => [];

    /// <summary>Always Off: there is no UEFI.</summary>
    public OnOffState SecureBoot => OnOffState.Off;

    /// <summary>Always Default, Hyper-V's own default; there is no UEFI.</summary>
    public ConsoleModeType ConsoleMode => ConsoleModeType.Default;

    /// <summary>Always Off.</summary>
    public OnOffState PauseAfterBootFailure => OnOffState.Off;

    /// <summary>Always IPv4, Hyper-V's default; there is no boot from the network.</summary>
    public IPProtocolPreference PreferredNetworkBootProtocol => IPProtocolPreference.IPv4;

    /// <summary>Always null: there is no UEFI.</summary>
    public string? SecureBootTemplate => null;

    /// <summary>Always null: there is no UEFI.</summary>
    public Guid? SecureBootTemplateId => null;
}
