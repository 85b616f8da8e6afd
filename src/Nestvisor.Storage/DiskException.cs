namespace Nestvisor.Storage;

/// <summary>A disk cannot be used. The message names the file, the reason and what to do.</summary>
public sealed class DiskException : IOException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">For the user.</param>
    public DiskException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error.</summary>
    /// <param name="message">For the user.</param>
    /// <param name="innerException">What the host reported.</param>
    public DiskException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
