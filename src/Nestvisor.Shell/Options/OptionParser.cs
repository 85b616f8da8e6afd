using System.Text;

namespace Nestvisor.Shell.Options;

/// <summary>Reads the command line by the rules of <c>pwsh</c>: one or two dashes, any case, names may be shortened.</summary>
internal static class OptionParser
{
    // A name may be cut down to its second field, as in pwsh; the shorthands are pwsh's own.
    private static readonly (string Name, string Shortest, string Shorthand)[] Known =
    [
        ("help", "h", "?"),
        ("version", "v", ""),
        ("command", "c", ""),
        ("file", "f", ""),
        ("encodedcommand", "e", "ec"),
        ("executionpolicy", "ex", "ep"),
        ("noprofile", "nop", ""),
        ("nologo", "nol", ""),
        ("noexit", "noe", ""),
        ("noninteractive", "noni", ""),
        ("interactive", "i", ""),
        ("login", "l", ""),
        ("workingdirectory", "wo", "wd"),
    ];

    /// <summary>Parses <paramref name="arguments"/>.</summary>
    /// <exception cref="OptionException">An option is unknown or lacks its value.</exception>
    public static ShellOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new ShellOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var argument = arguments[i];
            if (argument.Length == 0 || (argument[0] != '-' && argument[0] != '/'))
                return WithFile(options, arguments[i..]);
            if (argument[0] == '/' && (argument.Length < 2 || argument != "/?"))
                return WithFile(options, arguments[i..]);

            switch (Find(argument))
            {
                case "help":
                    return options with { Help = true };
                case "version":
                    return options with { Version = true };
                case "noprofile":
                    options = options with { NoProfile = true };
                    break;
                case "nologo":
                    options = options with { NoLogo = true };
                    break;
                case "noexit":
                    options = options with { NoExit = true };
                    break;
                case "noninteractive":
                    options = options with { NonInteractive = true };
                    break;
                case "interactive" or "login":
                    break;
                case "executionpolicy":
                    // Execution policies do not exist on Linux; pwsh accepts and ignores the option there too.
                    _ = Value(arguments, ref i, "-ExecutionPolicy", "a policy, such as Bypass");
                    break;
                case "workingdirectory":
                    options = options with { WorkingDirectory = Value(arguments, ref i, "-WorkingDirectory", "a folder") };
                    break;
                case "encodedcommand":
                    options = options with { Command = Decode(Value(arguments, ref i, "-EncodedCommand", "a command in Base64 of UTF-16")) };
                    if (i + 1 < arguments.Length)
                        throw new OptionException($"'{arguments[i + 1]}' follows -EncodedCommand, which takes no further words.");
                    return options;
                case "command":
                    return WithCommand(options, arguments[(i + 1)..]);
                case "file":
                    if (i + 1 >= arguments.Length)
                        throw new OptionException("-File needs the path of a script after it.");
                    return WithFile(options, arguments[(i + 1)..]);
                default:
                    throw new OptionException($"'{argument}' is not an option of nestvisor.");
            }
        }

        return options;
    }

    private static string? Find(string argument)
    {
        var name = argument.StartsWith("--", StringComparison.Ordinal) ? argument[2..] : argument[1..];
        if (name.Length == 0)
            return null;
        foreach (var (full, shortest, shorthand) in Known)
        {
            if (name.Equals(shorthand, StringComparison.OrdinalIgnoreCase))
                return full;
            if (name.Length >= shortest.Length && full.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                return full;
        }

        return null;
    }

    private static string Value(ReadOnlySpan<string> arguments, ref int index, string option, string what)
        => ++index < arguments.Length ? arguments[index] : throw new OptionException($"{option} needs {what} after it.");

    private static ShellOptions WithCommand(ShellOptions options, ReadOnlySpan<string> words)
    {
        if (words.Length == 0)
            throw new OptionException("-Command needs a command after it, or '-' to read commands from standard input.");
        if (words[0] == "-")
        {
            if (words.Length > 1)
                throw new OptionException($"'{words[1]}' follows '-Command -', which takes no further words.");
            return options with { CommandFromInput = true };
        }

        return options with { Command = string.Join(' ', words.ToArray()) };
    }

    private static ShellOptions WithFile(ShellOptions options, ReadOnlySpan<string> words)
        => words[0] == "-"
            ? options with { CommandFromInput = true }
            : options with { File = words[0], FileArguments = words[1..].ToArray() };

    private static string Decode(string text)
    {
        try
        {
            return Encoding.Unicode.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            throw new OptionException("The value of -EncodedCommand is not Base64. Encode the command as UTF-16, then as Base64.");
        }
    }
}
