namespace Nestvisor.Shell.Editing;

/// <summary>The process's own terminal.</summary>
internal sealed class ConsoleTerminal : ITerminal
{
    /// <inheritdoc/>
    // A serial line reports no size.
    public int Width => Console.WindowWidth is > 1 and var width ? width : 80;

    /// <inheritdoc/>
    public bool InterruptIsKey
    {
        set
        {
            try
            {
                Console.TreatControlCAsInput = value;
            }
            catch (IOException)
            {
                // The terminal has gone away; the next read says so.
            }
        }
    }

    /// <inheritdoc/>
    public ConsoleKeyInfo? ReadKey()
    {
        try
        {
            return Console.ReadKey(intercept: true);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            // The terminal has gone away (hang-up).
            return null;
        }
    }

    /// <inheritdoc/>
    public void Write(string text)
    {
        Console.Out.Write(text);
        Console.Out.Flush();
    }
}
