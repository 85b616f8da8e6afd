using System.Text;

namespace Microsoft.HyperV.PowerShell.SerialConsole;

/// <summary>Reads a serial console's log as it grows, line by line; carriage returns are not part of a line.</summary>
internal sealed class ConsoleLog(string path) : IDisposable
{
    private const int LongestLine = 1 << 20;

    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _partial = new();
    private readonly byte[] _bytes = new byte[16 << 10];
    private readonly char[] _characters = new char[(16 << 10) + 4];
    private FileStream? _stream;

    /// <summary>The line that is not complete yet, such as a prompt.</summary>
    public string Partial => _partial.ToString();

    /// <summary>The lines that have become complete since the last call.</summary>
    public List<string> ReadLines()
    {
        List<string> lines = [];
        for (int read = Read(); read > 0; read = Read())
        {
            int count = _decoder.GetChars(_bytes, 0, read, _characters, 0, flush: false);
            foreach (char character in _characters.AsSpan(0, count))
            {
                if (character == '\n' || _partial.Length == LongestLine)
                {
                    lines.Add(Partial);
                    _ = _partial.Clear();
                }
                else if (character != '\r')
                {
                    _ = _partial.Append(character);
                }
            }
        }

        return lines;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream?.Dispose();

    private int Read()
    {
        if (_stream is null)
        {
            if (!File.Exists(path))
            {
                return 0;
            }

            _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }

        int read = _stream.Read(_bytes);
        if (read == 0 && File.Exists(path) && new FileInfo(path).Length < _stream.Position)
        {
            // A full log has been renamed and a new one begun.
            _stream.Dispose();
            _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            read = _stream.Read(_bytes);
        }

        return read;
    }
}
