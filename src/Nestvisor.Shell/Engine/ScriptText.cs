using System.Text;

namespace Nestvisor.Shell.Engine;

/// <summary>Checks a script file before it runs.</summary>
internal static class ScriptText
{
    /// <summary>
    /// Refuses a script that is neither UTF-8 nor marked as UTF-16 or UTF-32. The engine would read a dash of an 8-bit code page as an
    /// unknown character, so that "–Name" bound by position: another virtual machine than the one meant.
    /// </summary>
    /// <exception cref="ScriptFileException">The file is missing, unreadable or in another encoding.</exception>
    public static void Check(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ScriptFileException($"There is no script file '{path}'. Check the path after -File; for a command, use -Command.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScriptFileException($"The script file '{path}' cannot be read: {e.Message}");
        }

        if (HasWideMark(bytes))
            return;
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(bytes);
        }
        catch (DecoderFallbackException e)
        {
            var line = 1 + bytes.AsSpan(0, Math.Clamp(e.Index, 0, bytes.Length)).Count((byte)'\n');
            throw new ScriptFileException($"The script file '{path}' is not valid UTF-8 (first at line {line}). Save it as UTF-8 and run it again.");
        }
    }

    private static bool HasWideMark(ReadOnlySpan<byte> bytes)
        => bytes.StartsWith<byte>([0xFF, 0xFE]) || bytes.StartsWith<byte>([0xFE, 0xFF]) || bytes.StartsWith<byte>([0, 0, 0xFE, 0xFF]);
}
