namespace Nestvisor.NetworkCommands.Support;

/// <summary>A query found nothing. Windows' exception of this name is not part of PowerShell on Linux.</summary>
public sealed class CimJobException : Exception
{
    /// <summary>Creates the exception.</summary>
    public CimJobException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public CimJobException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and what caused it.</summary>
    public CimJobException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}
