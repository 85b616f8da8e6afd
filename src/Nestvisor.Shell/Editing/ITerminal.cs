namespace Nestvisor.Shell.Editing;

/// <summary>What the line editor needs of a terminal.</summary>
internal interface ITerminal
{
    /// <summary>Columns; at least 2.</summary>
    int Width { get; }

    /// <summary>Ctrl-C comes as a key rather than as a signal.</summary>
    bool InterruptIsKey { set; }

    /// <summary>Waits for a key, without echo; null when the input has ended.</summary>
    ConsoleKeyInfo? ReadKey();

    /// <summary>Writes text and control sequences at once.</summary>
    void Write(string text);
}
