using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Orders values as PowerShell does: converts the right to the left's type, else compares as text; nothing comes first.</summary>
internal sealed class ValueComparer(bool caseSensitive, CultureInfo culture) : IComparer, IComparer<object?>
{
    /// <inheritdoc/>
    public int Compare(object? x, object? y)
    {
        var (left, right) = (Base(x), Base(y));
        if (left is null || right is null)
            return left is null ? right is null ? 0 : -1 : 1;
        try
        {
            return LanguagePrimitives.Compare(left, right, !caseSensitive, culture);
        }
        catch (Exception e) when (e is ArgumentException or PSInvalidCastException)
        {
            return string.Compare(left.ToString(), right.ToString(), culture, caseSensitive ? CompareOptions.None : CompareOptions.IgnoreCase);
        }
    }

    /// <summary>The culture that <paramref name="name"/> names, or the session's.</summary>
    public static CultureInfo CultureOf(string? name) => string.IsNullOrEmpty(name) ? CultureInfo.CurrentCulture
        : int.TryParse(name, out var id) ? CultureInfo.GetCultureInfo(id) : CultureInfo.GetCultureInfo(name);

    private static object? Base(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
