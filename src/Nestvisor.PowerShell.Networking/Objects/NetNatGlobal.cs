namespace Nestvisor.NetworkCommands;

/// <summary>What holds for all NATs.</summary>
public sealed class NetNatGlobal : CimObject
{
    internal const string CimClass = "MSFT_NetNatGlobal";

    internal NetNatGlobal()
        : base(CimClass)
    {
    }

    /// <summary>Local: traffic between what is behind NATs stays inside the host.</summary>
    public InterRoutingDomainHairpinningMode InterRoutingDomainHairpinningMode => InterRoutingDomainHairpinningMode.Local;
}
