using System.Management.Automation;
using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>Takes an encoding by PowerShell's names, a code page's name or number, or as an object.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class EncodingArgumentAttribute : ArgumentTransformationAttribute
{
    /// <summary>What is used without <c>-Encoding</c>.</summary>
    public static Encoding Default { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is Encoding)
            return value;
        var name = value?.ToString() ?? string.Empty;
        try
        {
            return name.ToUpperInvariant() switch
            {
                "UTF8" or "UTF8NOBOM" or "DEFAULT" or "OEM" => Default,
                "UTF8BOM" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
                "ASCII" => Encoding.ASCII,
                "ANSI" => Encoding.Latin1,
                "UNICODE" or "STRING" => Encoding.Unicode,
                "BIGENDIANUNICODE" => Encoding.BigEndianUnicode,
                "UTF32" => Encoding.UTF32,
                "BIGENDIANUTF32" => new UTF32Encoding(bigEndian: true, byteOrderMark: true),
                _ => int.TryParse(name, out var page) ? Encoding.GetEncoding(page) : Encoding.GetEncoding(name),
            };
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ArgumentTransformationMetadataException(
                $"'{name}' is not an encoding. Use utf8, utf8BOM, utf8NoBOM, ascii, unicode, bigendianunicode, utf32, or the name of a code page.", e);
        }
    }
}
