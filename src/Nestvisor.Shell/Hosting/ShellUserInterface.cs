using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;

namespace Nestvisor.Shell.Hosting;

/// <summary>Text in and out. Colours are written only to a terminal that has them.</summary>
internal sealed partial class ShellUserInterface(TextReader input, TextWriter output, TextWriter error, bool colours, bool nonInteractive)
    : PSHostUserInterface, IHostUISupportsMultipleChoiceSelection
{
    private readonly ShellRawUserInterface _raw = new(input);
    private readonly ProgressLine _progress = new(output, enabled: colours);

    /// <summary>Nothing may be asked.</summary>
    public bool NonInteractive { get; } = nonInteractive;

    /// <inheritdoc/>
    public override PSHostRawUserInterface RawUI => _raw;

    /// <inheritdoc/>
    public override bool SupportsVirtualTerminal => colours;

    /// <inheritdoc/>
    public override string ReadLine()
    {
        Refuse();
        _progress.Clear();
        return input.ReadLine() ?? throw EndOfInput();
    }

    /// <inheritdoc/>
    public override SecureString ReadLineAsSecureString()
    {
        Refuse();
        _progress.Clear();
        var secret = new SecureString();
        foreach (var c in ReadHidden())
            secret.AppendChar(c);
        secret.MakeReadOnly();
        return secret;
    }

    /// <inheritdoc/>
    public override void Write(string value)
    {
        _progress.Clear();
        output.Write(Plain(value));
        output.Flush();
    }

    /// <inheritdoc/>
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
        => Write(Paint(value, foregroundColor, backgroundColor));

    /// <inheritdoc/>
    public override void WriteLine(string value)
    {
        _progress.Clear();
        output.WriteLine(Plain(value));
        output.Flush();
    }

    /// <inheritdoc/>
    public override void WriteLine(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        Write(foregroundColor, backgroundColor, value);
        WriteLine(string.Empty);
    }

    /// <inheritdoc/>
    public override void WriteErrorLine(string value)
    {
        _progress.Clear();
        output.Flush();
        error.WriteLine(colours && !value.Contains('\e', StringComparison.Ordinal) ? $"\e[31;1m{value}\e[0m" : Plain(value));
        error.Flush();
    }

    /// <inheritdoc/>
    public override void WriteWarningLine(string message) => Labelled("WARNING: ", message);

    /// <inheritdoc/>
    public override void WriteVerboseLine(string message) => Labelled("VERBOSE: ", message);

    /// <inheritdoc/>
    public override void WriteDebugLine(string message) => Labelled("DEBUG: ", message);

    /// <inheritdoc/>
    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Show(sourceId, record);

    // The formatter leaves its escape codes in; what they are worth is the host's to decide.
    private string Plain(string value) => GetOutputString(value, colours);

    private void Labelled(string label, string message)
        => WriteLine(colours ? $"\e[33;1m{label}{message}\e[0m" : label + message);

    private string Paint(string value, ConsoleColor foreground, ConsoleColor background)
    {
        if (!colours || value.Length == 0)
            return value;
        var codes = new StringBuilder("\e[").Append(Sgr(foreground));
        if (background != _raw.BackgroundColor)
            codes.Append(CultureInfo.InvariantCulture, $";{Sgr(background) + 10}");
        // The colours end before a line break, or the terminal fills the next line with them.
        return codes.Append('m').Append(value).Append("\e[0m").ToString();
    }

    private static int Sgr(ConsoleColor colour)
    {
        // Console colours have blue in bit 0 and red in bit 2; ANSI has them the other way round.
        var code = (int)colour;
        var ansi = ((code & 1) << 2) | (code & 2) | ((code & 4) >> 2);
        return ((code & 8) != 0 ? 90 : 30) + ansi;
    }

    private void Refuse()
    {
        if (NonInteractive)
            throw new HostException("The shell was started with -NonInteractive: nothing can be asked. Give the value as a parameter, or -Confirm:$false.");
    }

    private static HostException EndOfInput()
        => new("Standard input ended where an answer was needed, so nothing was confirmed. Give the value as a parameter, or -Confirm:$false.");

    private string ReadHidden()
    {
        if (Console.IsInputRedirected || !ReferenceEquals(input, Console.In))
            return input.ReadLine() ?? throw EndOfInput();
        var text = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.D && key.Modifiers == ConsoleModifiers.Control && text.Length == 0)
                throw EndOfInput();
            if (key.Key == ConsoleKey.Backspace)
                text.Length -= text.Length > 0 ? 1 : 0;
            else if (!char.IsControl(key.KeyChar))
                text.Append(key.KeyChar);
        }

        WriteLine(string.Empty);
        return text.ToString();
    }
}
