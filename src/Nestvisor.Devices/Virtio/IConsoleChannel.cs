namespace Nestvisor.Devices.Virtio;

/// <summary>The other end of a console: bytes both ways. Neither direction blocks.</summary>
public interface IConsoleChannel
{
    /// <summary>Takes what the guest wrote. What finds no room may be dropped.</summary>
    /// <param name="data">The bytes, not trusted.</param>
    void Write(ReadOnlySpan<byte> data);

    /// <summary>Gives what was typed for the guest.</summary>
    /// <param name="target">Where to.</param>
    /// <returns>Number of bytes; 0 if there are none now.</returns>
    int Read(Span<byte> target);

    /// <summary>Sets who is told that bytes wait to be read.</summary>
    /// <param name="changed">Called from any thread; must be short. Null to be told no more.</param>
    void SetObserver(Action? changed);
}
