using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Nestvisor.HelpWriter;

/// <summary>The documentation comments of an assembly, from the file that the compiler makes of them.</summary>
internal sealed partial class DocComments
{
    private readonly Dictionary<string, XElement> _members;

    private DocComments(XDocument file) =>
        _members = file.Descendants("member").ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal);

    /// <summary>Reads a file.</summary>
    public static DocComments Read(string path) => new(XDocument.Load(path, LoadOptions.PreserveWhitespace));

    /// <summary>The comment on a class; null if it has none.</summary>
    public XElement? Of(Type type) => _members.GetValueOrDefault($"T:{Name(type)}");

    /// <summary>The comment on a property, or the one that it inherits or refers to; null if it has none.</summary>
    public XElement? Of(PropertyInfo property)
    {
        for (Type? type = property.DeclaringType; type is not null; type = type.BaseType)
        {
            // What is generic is declared with its parameters.
            Type declared = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
            XElement? comment = _members.GetValueOrDefault($"P:{Name(declared)}.{property.Name}");
            while (comment?.Element("inheritdoc")?.Attribute("cref") is { } other)
            {
                comment = _members.GetValueOrDefault(other.Value);
            }

            if (comment is not null && comment.Element("inheritdoc") is null)
            {
                return comment;
            }
        }

        return null;
    }

    /// <summary>The text of an element in one line, without its code; empty if there is none.</summary>
    public static string Text(XElement? element)
    {
        StringBuilder text = new();
        foreach (XNode node in element?.Nodes() ?? [])
        {
            _ = text.Append(node switch
            {
                XText plain => plain.Value,
                XElement { Name.LocalName: "see" or "paramref" } reference => Reference(reference),
                XElement { Name.LocalName: "code" or "para" } => " ",
                XElement other => Text(other),
                _ => "",
            });
        }

        return Blanks().Replace(text.ToString(), " ").Trim();
    }

    /// <summary>The paragraphs of an element: each para, and what stands before the first.</summary>
    public static IEnumerable<string> Paragraphs(XElement? element)
    {
        if (Text(element) is { Length: > 0 } first)
        {
            yield return first;
        }

        foreach (XElement paragraph in element?.Elements("para") ?? [])
        {
            yield return Text(paragraph);
        }
    }

    /// <summary>Lines of code as they are, without the indentation that all have.</summary>
    public static string Code(XElement? element)
    {
        string[] lines = (element?.Value ?? "").Trim('\n').TrimEnd().Split('\n');
        int indentation = lines.Where(line => line.Trim().Length > 0).Select(line => line.Length - line.TrimStart().Length).DefaultIfEmpty().Min();
        return string.Join('\n', lines.Select(line => line.Length > indentation ? line[indentation..].TrimEnd() : ""));
    }

    private static string Reference(XElement element)
    {
        string target = (element.Attribute("cref") ?? element.Attribute("langword") ?? element.Attribute("name") ?? element.Attribute("href"))?.Value ?? "";
        return element.Attribute("cref") is null ? target : target[(target.LastIndexOf('.') + 1)..];
    }

    private static string Name(Type type) => type.FullName!.Replace('+', '.');

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
