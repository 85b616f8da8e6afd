using Nestvisor.Networking.Packets;

namespace Nestvisor.Networking.Policy;

/// <summary>Decides what a port lets through.</summary>
internal static class PortFilter
{
    /// <summary>Decides on a frame that leaves the virtual machine.</summary>
    /// <param name="policy">The port's policy.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>Why it is dropped; null if it passes.</returns>
    public static PortCounter? JudgeSent(PortPolicy policy, FrameView frame)
    {
        MacAddress source = frame.Source;
        if (policy.MacAddressSpoofing ? !source.IsUnicast : source != policy.Address)
        {
            return PortCounter.DroppedForeignSource;
        }

        if (frame.IsTagged && frame.Vlan != 0 && !policy.Vlan.Allows(frame.Vlan))
        {
            return PortCounter.DroppedVlan;
        }

        return (policy.DhcpGuard && GuardFilter.IsFromDhcpServer(frame)) || (policy.RouterGuard && GuardFilter.IsFromRouter(frame))
            ? PortCounter.DroppedGuard
            : null;
    }

    /// <summary>Decides on a frame that comes from the switch.</summary>
    /// <param name="policy">The port's policy.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>Why it is dropped; null if it passes.</returns>
    public static PortCounter? JudgeReceived(PortPolicy policy, FrameView frame)
    {
        MacAddress destination = frame.Destination;
        if (!policy.MacAddressSpoofing && destination != policy.Address && !destination.IsMulticast)
        {
            return PortCounter.DroppedForeignDestination;
        }

        // A tag that only gives a priority is as good as none.
        int vlan = frame.Vlan;
        return vlan == policy.Vlan.Id || policy.Vlan.Allows(vlan) ? null : PortCounter.DroppedVlan;
    }
}
