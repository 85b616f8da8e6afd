namespace Nestvisor.Virtualization;

/// <summary>Is told of writes to pages that carry <see cref="PageFlag.Code"/>.</summary>
public interface IGuestMemoryObserver
{
    /// <summary>A page that holds code was written. Any thread; the bytes are already there.</summary>
    /// <param name="page">Page number (guest-physical address / 4096).</param>
    void CodeWritten(ulong page);
}
