using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Transfers;

/// <summary>What becomes of the network adapters of an exported machine on this host.</summary>
/// <param name="switches">The names of this host's virtual switches, by their identifiers.</param>
/// <param name="isTaken">Whether a machine here has an adapter with an identifier.</param>
internal sealed class ImportedAdapters(IReadOnlyDictionary<Guid, string> switches, Func<Guid, bool> isTaken)
{
    /// <summary>The machine with its adapters as they will be here.</summary>
    /// <param name="source">The exported machine.</param>
    /// <param name="isAnother">Whether it will be another machine beside the exported one, with an identifier of its own.</param>
    /// <remarks>
    /// A switch that is not here is replaced by the one with the same name, as switches of two hosts have identifiers of their own; if there is none, the
    /// adapter keeps it, which keeps the machine from being imported. The interface of an adapter is made by its identifier, so no two may have the same. A
    /// copy gets another MAC address at its first start, unless the user chose it, or a saved guest knows it.
    /// </remarks>
    public ExportedMachine Adapt(ExportedMachine source, bool isAnother)
    {
        HashSet<Guid> ids = [];
        return source with
        {
            Configuration = source.Configuration with
            {
                NetworkAdapters =
                [
                    .. source.Configuration.NetworkAdapters.Select(adapter => Connect(adapter) with
                    {
                        Id = isAnother || isTaken(adapter.Id) || !ids.Add(adapter.Id) ? Guid.NewGuid() : adapter.Id,
                        MacAddress = isAnother && !adapter.HasStaticMacAddress && source.SavedState is null ? null : adapter.MacAddress,
                    }),
                ],
            },
        };
    }

    private NetworkAdapterConfiguration Connect(NetworkAdapterConfiguration adapter)
    {
        if (adapter.SwitchId is not { } id || switches.ContainsKey(id))
        {
            return adapter with { SwitchName = null };
        }

        foreach ((Guid own, string name) in switches)
        {
            if (string.Equals(name, adapter.SwitchName, StringComparison.OrdinalIgnoreCase))
            {
                return adapter with { SwitchId = own, SwitchName = null };
            }
        }

        return adapter;
    }
}
