namespace Nestvisor.Networking;

/// <summary>
/// The network end of a virtual network adapter. Frames are Ethernet frames without preamble and check sequence.
/// The adapter pulls what it receives, so that a slow guest pushes back instead of filling memory.
/// </summary>
public interface INetworkPort : IDisposable
{
    /// <summary>Whether the adapter is connected.</summary>
    bool IsConnected { get; }

    /// <summary>Sends a frame from the virtual machine into the network. It may be dropped; never blocks.</summary>
    /// <param name="frame">The frame, as the guest wrote it: not trusted.</param>
    void Send(ReadOnlySpan<byte> frame);

    /// <summary>Takes the next frame for the virtual machine. Never blocks.</summary>
    /// <param name="buffer">At least <see cref="NetworkFrame.MaxLength"/> bytes.</param>
    /// <param name="length">Bytes of the frame.</param>
    /// <returns>False if there is none.</returns>
    bool TryReceive(Span<byte> buffer, out int length);

    /// <summary>Sets who is told that frames wait or that <see cref="IsConnected"/> has changed.</summary>
    /// <param name="changed">Called from any thread; must be short. Null to be told no more.</param>
    void SetObserver(Action? changed);
}
