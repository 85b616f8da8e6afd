using System.Management.Automation.Host;

namespace Nestvisor.Shell.Hosting;

/// <summary>The terminal's geometry and keys; every member answers, redirected or not, unless there is nothing true to say.</summary>
internal sealed class ShellRawUserInterface(TextReader input) : PSHostRawUserInterface
{
    private const int WidthWithoutTerminal = 120;
    private ConsoleColor _foreground = ConsoleColor.Gray;
    private ConsoleColor _background = ConsoleColor.Black;
    private string _title = string.Empty;

    /// <inheritdoc/>
    public override ConsoleColor ForegroundColor { get => _foreground; set => _foreground = value; }

    /// <inheritdoc/>
    public override ConsoleColor BackgroundColor { get => _background; set => _background = value; }

    /// <inheritdoc/>
    public override Coordinates CursorPosition
    {
        get => Terminal ? new Coordinates(Console.CursorLeft, Console.CursorTop) : default;
        set
        {
            if (Terminal)
                Console.SetCursorPosition(Math.Max(0, value.X), Math.Max(0, value.Y));
        }
    }

    /// <inheritdoc/>
    public override Coordinates WindowPosition { get => default; set => _ = value; }

    /// <inheritdoc/>
    public override int CursorSize { get => 25; set => _ = value; }

    /// <inheritdoc/>
    public override Size BufferSize { get => Window; set => _ = value; }

    /// <inheritdoc/>
    public override Size WindowSize { get => Window; set => _ = value; }

    /// <inheritdoc/>
    public override Size MaxWindowSize => Window;

    /// <inheritdoc/>
    public override Size MaxPhysicalWindowSize => Window;

    /// <inheritdoc/>
    public override bool KeyAvailable => !Console.IsInputRedirected && Console.KeyAvailable;

    /// <inheritdoc/>
    public override string WindowTitle
    {
        get => _title;
        set
        {
            _title = value ?? string.Empty;
            if (Terminal && Environment.GetEnvironmentVariable("TERM") is { } term && (term.StartsWith("xterm", StringComparison.Ordinal) || term.StartsWith("screen", StringComparison.Ordinal)))
                Console.Write($"\e]0;{_title.ReplaceLineEndings(" ")}\a");
        }
    }

    private static bool Terminal => !Console.IsOutputRedirected;

    private static Size Window
    {
        get
        {
            if (!Terminal)
                return new Size(WidthWithoutTerminal, 50);
            // A serial line reports no size: 0 columns would make every table vanish.
            var width = Console.WindowWidth;
            var height = Console.WindowHeight;
            return new Size(width > 0 ? width : 80, height > 0 ? height : 24);
        }
    }

    /// <inheritdoc/>
    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (Console.IsInputRedirected)
        {
            // Answers from a file or a pipe: a key is a character of it, as a line is a line of it.
            return input.Read() is >= 0 and var character
                ? new KeyInfo(0, (char)character, default, keyDown: (options & ReadKeyOptions.IncludeKeyDown) != 0)
                : throw new HostException("A key cannot be read: standard input has ended.");
        }

        var key = Console.ReadKey((options & ReadKeyOptions.NoEcho) != 0);
        return new KeyInfo((int)key.Key, key.KeyChar, default, keyDown: (options & ReadKeyOptions.IncludeKeyDown) != 0);
    }

    /// <inheritdoc/>
    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
            _ = Console.ReadKey(intercept: true);
    }

    /// <inheritdoc/>
    public override BufferCell[,] GetBufferContents(Rectangle rectangle)
        => throw new NotSupportedException("A terminal on Linux does not tell what it shows.");

    /// <inheritdoc/>
    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents)
        => throw new NotSupportedException("The shell draws no screen areas; write text instead.");

    /// <inheritdoc/>
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        // Clear-Host calls this with the whole screen.
        if (Terminal && rectangle is { Left: -1, Top: -1, Right: -1, Bottom: -1 })
            Console.Write("\e[H\e[2J\e[3J");
    }

    /// <inheritdoc/>
    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill)
        => throw new NotSupportedException("A terminal on Linux does not scroll parts of its buffer.");
}
