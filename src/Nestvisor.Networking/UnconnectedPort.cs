namespace Nestvisor.Networking;

/// <summary>The port of an adapter that is connected to nothing: it drops what is sent, and nothing arrives.</summary>
public sealed class UnconnectedPort : INetworkPort
{
    /// <inheritdoc/>
    public bool IsConnected => false;

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> frame)
    {
    }

    /// <inheritdoc/>
    public bool TryReceive(Span<byte> buffer, out int length)
    {
        length = 0;
        return false;
    }

    /// <inheritdoc/>
    public void SetObserver(Action? changed)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
