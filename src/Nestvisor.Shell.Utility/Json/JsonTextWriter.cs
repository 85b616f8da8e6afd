using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>Writes objects as JSON the way PowerShell does: two spaces, properties in order, values beyond the depth as text.</summary>
internal sealed class JsonTextWriter(int depth, bool compress, bool enumNames, StringEscapeHandling escapes)
{
    private readonly StringBuilder _text = new();

    /// <summary>Something was deeper than the depth.</summary>
    public bool Truncated { get; private set; }

    /// <summary>The JSON text of <paramref name="value"/>.</summary>
    public string Write(object? value)
    {
        WriteValue(value, 0);
        return _text.ToString();
    }

    private void WriteValue(object? value, int level)
    {
        var wrapper = value as PSObject;
        var plain = wrapper is null || wrapper.BaseObject is PSCustomObject ? value : wrapper.BaseObject;
        switch (plain)
        {
            case null or DBNull:
                _text.Append("null");
                return;
            case string or char or Uri or Guid or Version or SemanticVersion:
                WriteString(plain.ToString()!);
                return;
            case bool flag:
                _text.Append(flag ? "true" : "false");
                return;
            case DateTime date:
                WriteString(date.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture));
                return;
            case DateTimeOffset date:
                WriteString(date.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture));
                return;
            case Enum member:
                if (enumNames)
                    WriteString(member.ToString());
                else
                    _text.Append(Convert.ToString(Convert.ChangeType(member, Enum.GetUnderlyingType(member.GetType()), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
                return;
            case double or float:
                WriteFloat(Convert.ToDouble(plain, CultureInfo.InvariantCulture), plain);
                return;
            case decimal or sbyte or byte or short or ushort or int or uint or long or ulong or BigInteger:
                _text.Append(Convert.ToString(plain, CultureInfo.InvariantCulture));
                return;
        }

        if (level > depth)
        {
            Truncated = true;
            WriteString(LanguagePrimitives.ConvertTo<string>(value) ?? string.Empty);
            return;
        }

        if (plain is IDictionary table)
            WriteMembers(table.Keys.Cast<object>().Select(k => (k.ToString()!, table[k])), level);
        else if (plain is IEnumerable items)
            WriteArray(items, level);
        else
            WriteMembers(Members(PSObject.AsPSObject(value!)), level);
    }

    private static IEnumerable<(string Name, object? Value)> Members(PSObject item)
    {
        foreach (var property in item.Properties)
        {
            object? value = null;
            try
            {
                value = property.IsGettable ? property.Value : null;
            }
            catch (GetValueException)
            {
                // A property that cannot be read is written as null, as PowerShell does.
            }

            yield return (property.Name, value);
        }
    }

    private void WriteFloat(double value, object plain)
    {
        if (!double.IsFinite(value))
        {
            WriteString(value.ToString(CultureInfo.InvariantCulture));
            return;
        }

        var text = Convert.ToString(plain, CultureInfo.InvariantCulture)!;
        _text.Append(text);
        if (text.AsSpan().IndexOfAny('.', 'E', 'e') < 0)
            _text.Append(".0");
    }

    private void WriteMembers(IEnumerable<(string Name, object? Value)> members, int level)
    {
        _text.Append('{');
        var first = true;
        foreach (var (name, value) in members)
        {
            Separate(ref first, level + 1);
            WriteString(name);
            _text.Append(compress ? ":" : ": ");
            WriteValue(value, level + 1);
        }

        if (!first)
            Break(level);
        _text.Append('}');
    }

    private void WriteArray(IEnumerable items, int level)
    {
        _text.Append('[');
        var first = true;
        foreach (var item in items)
        {
            Separate(ref first, level + 1);
            WriteValue(item, level + 1);
        }

        if (!first)
            Break(level);
        _text.Append(']');
    }

    private void Separate(ref bool first, int level)
    {
        if (!first)
            _text.Append(',');
        first = false;
        Break(level);
    }

    private void Break(int level)
    {
        if (!compress)
            _text.Append('\n').Append(' ', level * 2);
    }

    private void WriteString(string value)
    {
        _text.Append('"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"':
                    _text.Append("\\\"");
                    break;
                case '\\':
                    _text.Append("\\\\");
                    break;
                case '\n':
                    _text.Append("\\n");
                    break;
                case '\r':
                    _text.Append("\\r");
                    break;
                case '\t':
                    _text.Append("\\t");
                    break;
                case '\b':
                    _text.Append("\\b");
                    break;
                case '\f':
                    _text.Append("\\f");
                    break;
                default:
                    var escape = c < ' ' || c is '\u0085' or '\u2028' or '\u2029' || (escapes == StringEscapeHandling.EscapeNonAscii && c > '~')
                        || (escapes == StringEscapeHandling.EscapeHtml && c is ('<' or '>' or '&' or '\''));
                    _ = escape ? _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : _text.Append(c);
                    break;
            }
        }

        _text.Append('"');
    }
}
