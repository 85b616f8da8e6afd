namespace Nestvisor.Virtualization;

/// <summary>A source of message-signalled interrupts, such as one MSI-X vector of a device.</summary>
public abstract class MessageInterrupt : IDisposable
{
    /// <summary>Sets the message that <see cref="Signal"/> sends from now on.</summary>
    /// <param name="message">The message.</param>
    public abstract void Configure(MsiMessage message);

    /// <summary>Sends the message. Safe from any thread; does not block.</summary>
    public abstract void Signal();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the engine holds for the source.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
