using System.Text;

namespace Microsoft.HyperV.PowerShell.SerialConsole;

/// <summary>Turns keys into what a VT100 terminal sends for them.</summary>
internal static class TerminalKeys
{
    /// <summary>Ctrl-], which ends the connection.</summary>
    public const char Escape = '\x1D';

    /// <summary>The bytes of a key; none if it has none.</summary>
    public static byte[] Encode(ConsoleKeyInfo key)
    {
        string text = key.Key switch
        {
            ConsoleKey.Enter => "\r",
            ConsoleKey.Backspace => "\x7F",
            ConsoleKey.UpArrow => "\x1B[A",
            ConsoleKey.DownArrow => "\x1B[B",
            ConsoleKey.RightArrow => "\x1B[C",
            ConsoleKey.LeftArrow => "\x1B[D",
            ConsoleKey.Home => "\x1B[H",
            ConsoleKey.End => "\x1B[F",
            ConsoleKey.Insert => "\x1B[2~",
            ConsoleKey.Delete => "\x1B[3~",
            ConsoleKey.PageUp => "\x1B[5~",
            ConsoleKey.PageDown => "\x1B[6~",
            _ when key.KeyChar == '\0' && !(key.Modifiers.HasFlag(ConsoleModifiers.Control) && key.Key is ConsoleKey.Spacebar or ConsoleKey.D2) => "",
            _ when key.Modifiers.HasFlag(ConsoleModifiers.Alt) => $"\x1B{key.KeyChar}",
            _ => key.KeyChar.ToString(),
        };
        return Encoding.UTF8.GetBytes(text);
    }

    /// <summary>Whether a key is Ctrl-].</summary>
    public static bool IsEscape(ConsoleKeyInfo key) =>
        key.KeyChar == Escape || (key.Modifiers.HasFlag(ConsoleModifiers.Control) && key.Key is ConsoleKey.Oem6 or ConsoleKey.D5 && key.KeyChar is '\0' or Escape);
}
