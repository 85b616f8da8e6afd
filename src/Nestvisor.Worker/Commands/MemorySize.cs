using System.Globalization;

namespace Nestvisor.Worker.Commands;

/// <summary>Reads sizes such as <c>512M</c>.</summary>
internal static class MemorySize
{
    private const long Largest = 1L << 40;

    public static long Parse(string text, Action<string> fail)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        ReadOnlySpan<char> number = shift == 0 ? text : text.AsSpan(..^1);
        if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value > 0 && value <= Largest >> shift)
        {
            return value << shift;
        }

        fail($"'{text}' is not a size of memory. Write it like 512M or 4G.");
        return 0;
    }
}
