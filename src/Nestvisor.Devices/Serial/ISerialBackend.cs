namespace Nestvisor.Devices.Serial;

/// <summary>The host's end of a serial port.</summary>
public interface ISerialBackend
{
    /// <summary>
    /// Takes what the guest sent, many bytes at a time. Called on a virtual processor's or the clock's thread: it must not block
    /// for long, and drops what it has no room for.
    /// </summary>
    /// <param name="data">The bytes.</param>
    void Write(ReadOnlySpan<byte> data);

    /// <summary>Gives bytes for the guest to receive, as many as are there. Does not block.</summary>
    /// <param name="buffer">Where to.</param>
    /// <returns>How many bytes; 0 if none wait.</returns>
    int Read(Span<byte> buffer);

    /// <summary>
    /// Sets what to call, from any thread and without a lock that <see cref="Read"/> takes, when bytes have arrived.
    /// </summary>
    /// <param name="inputAvailable">What to call.</param>
    void Attach(Action inputAvailable);
}
