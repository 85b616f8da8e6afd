namespace Nestvisor.Networking.Ports;

/// <summary>A port that leads out of this process, by a cable that can be plugged in and out.</summary>
public interface ICablePort : INetworkPort
{
    /// <summary>Whether the adapter is connected. Setting it plugs the cable in or out and tells the guest.</summary>
    new bool IsConnected { get; set; }

    /// <summary>Packets that the other end of the cable did not take, or that came from there and were none.</summary>
    long Refused { get; }
}
