namespace Microsoft.HyperV.PowerShell;

/// <summary>An integration service that Hyper-V has. Here there is none of them: each is shown as not enabled, and cannot be.</summary>
public sealed class VMIntegrationComponent : VMComponentObject
{
    private const string NotSupported = "Not supported";

    private static readonly string[] s_names =
        ["Guest Service Interface", "Heartbeat", "Key-Value Pair Exchange", "Shutdown", "Time Synchronization", "VSS"];

    private VMIntegrationComponent(VirtualMachine machine, string name)
        : base(machine) => Name = name;

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>Always false.</summary>
    public bool Enabled => false;

    /// <summary>Always Disabled.</summary>
    public VMIntegrationComponentOperationalStatus[] OperationalStatus => [VMIntegrationComponentOperationalStatus.Disabled];

    /// <summary>Always Disabled.</summary>
    public VMIntegrationComponentOperationalStatus? PrimaryOperationalStatus => VMIntegrationComponentOperationalStatus.Disabled;

    /// <summary>That it is not supported.</summary>
    public string PrimaryStatusDescription => NotSupported;

    /// <summary>Always null: there is one status.</summary>
    public VMIntegrationComponentOperationalStatus? SecondaryOperationalStatus => null;

    /// <summary>Always empty: there is one status.</summary>
    public string SecondaryStatusDescription => "";

    /// <summary>That it is not supported.</summary>
    public string[] StatusDescription => [NotSupported];

    internal static List<VMIntegrationComponent> Of(VirtualMachine machine)
    {
        List<VMIntegrationComponent> services = [];
        foreach (string name in s_names)
        {
            services.Add(new VMIntegrationComponent(machine, name));
        }

        return services;
    }
}
