namespace Nestvisor.Machine.Boot;

/// <summary>A kernel or initial RAM disk cannot be started. The message names the file, the reason and what to do.</summary>
public sealed class BootImageException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reason">A clause that says what is wrong, without a full stop.</param>
    /// <param name="remedy">A sentence that says what to do.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public BootImageException(string path, string reason, string remedy, Exception? innerException = null)
        : base($"Cannot boot '{path}': {reason}. {remedy}", innerException) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}
