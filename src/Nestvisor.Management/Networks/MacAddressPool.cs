using Nestvisor.Api.Errors;
using Nestvisor.Networking.Packets;

namespace Nestvisor.Management.Networks;

/// <summary>Gives adapters MAC addresses of the host's range that no other adapter has. Safe from any thread.</summary>
/// <param name="getRange">The first and the last address.</param>
/// <param name="getUsed">The addresses of all adapters, as 12 digits.</param>
internal sealed class MacAddressPool(Func<(MacAddress First, MacAddress Last)> getRange, Func<IEnumerable<string>> getUsed)
{
    private readonly Lock _lock = new();

    /// <summary>Gives addresses and keeps others from getting them meanwhile.</summary>
    /// <param name="assign">
    /// Calls its argument for each address that it needs, and has made <c>getUsed</c> know them when it returns.
    /// </param>
    /// <exception cref="ApiException">There are none left.</exception>
    public void Assign(Action<Func<string>> assign)
    {
        lock (_lock)
        {
            (MacAddress first, MacAddress last) = getRange();
            HashSet<string> used = new(getUsed(), StringComparer.OrdinalIgnoreCase);
            MacAddress next = first;
            assign(() =>
            {
                for (; next <= last; next = next.Next)
                {
                    if (used.Add(next.ToDigits()))
                    {
                        return next.ToDigits();
                    }
                }

                throw new ApiException(
                    ApiErrorCode.OperationFailed,
                    ApiErrorCategory.ResourceUnavailable,
                    $"There is no MAC address left for a network adapter: all from {first.ToDigits()} to {last.ToDigits()} are in use. Widen the range with "
                    + "Set-VMHost -MacAddressMaximum, give the adapter an address with Set-VMNetworkAdapter -StaticMacAddress, or remove adapters that are not needed.");
            });
        }
    }
}
