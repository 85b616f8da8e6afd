using System.Globalization;

namespace Nestvisor.Shell.Hosting;

/// <summary>
/// The shell's culture: the invariant one, with the language in which it writes. The engine's formatter breaks lines between words only in
/// languages that it knows, and the invariant culture has none; it would break them in words.
/// </summary>
internal sealed class ShellCulture : CultureInfo
{
    /// <summary>Creates the culture.</summary>
    public ShellCulture()
        : base(string.Empty)
    {
    }

    /// <inheritdoc/>
    public override string TwoLetterISOLanguageName => "en";
}
