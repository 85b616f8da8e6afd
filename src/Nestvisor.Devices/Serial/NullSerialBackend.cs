namespace Nestvisor.Devices.Serial;

/// <summary>A serial port with nothing plugged in.</summary>
public sealed class NullSerialBackend : ISerialBackend
{
    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> data)
    {
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer) => 0;

    /// <inheritdoc/>
    public void Attach(Action inputAvailable)
    {
    }
}
