namespace Nestvisor.Shell.Editing;

/// <summary>The process's own terminal.</summary>
internal sealed class ConsoleTerminal : ITerminal
{
    /// <inheritdoc/>
    // A serial line reports no size.
    public int Width => Console.WindowWidth is > 1 and var width ? width : 80;

    /// <inheritdoc/>
    public ConsoleKeyInfo? ReadKey()
    {
        try
        {
            Console.TreatControlCAsInput = true;
            return Console.ReadKey(intercept: true);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            // The terminal has gone away (hang-up).
            return null;
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    /// <inheritdoc/>
    public void Write(string text)
    {
        Console.Out.Write(text);
        Console.Out.Flush();
    }
}
